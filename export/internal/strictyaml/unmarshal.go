package strictyaml

import (
	"fmt"
	"reflect"
)

// MaxUnmarshalBytes bounds a document for [Unmarshal].
const MaxUnmarshalBytes = 1 << 20

// Unmarshal reads one document into v, a pointer to a struct whose fields have
// yaml tags, as strictly as [Parse]: unknown keys are refused, and values of
// another type than the field's. Fields are text, truth values, whole numbers,
// structs of such, and maps and lists of them. An absent key leaves its field
// alone. Errors are of type [*Error] and read "LINE: …".
func Unmarshal(b []byte, v any) error {
	n, err := Parse("", b, MaxUnmarshalBytes, nil)
	if err != nil {
		return err
	}
	return n.into(reflect.ValueOf(v).Elem())
}

func (n Node) into(v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		s, err := n.Text()
		v.SetString(s)
		return err
	case reflect.Bool:
		t, err := n.Bool()
		v.SetBool(t)
		return err
	case reflect.Int, reflect.Int64:
		i, err := n.Int()
		if err == nil && v.OverflowInt(i) {
			err = n.Errorf("%d is too large", i)
		}
		v.SetInt(i)
		return err
	case reflect.Slice:
		items, err := n.List()
		if err != nil {
			return err
		}
		v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		for i, item := range items {
			if err := item.into(v.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		entries, err := n.Entries()
		if err != nil {
			return err
		}
		v.Set(reflect.MakeMapWithSize(v.Type(), len(entries)))
		for _, e := range entries {
			value := reflect.New(v.Type().Elem()).Elem()
			if err := e.Value.under(n.where + e.Key + ": ").into(value); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(e.Key).Convert(v.Type().Key()), value)
		}
		return nil
	case reflect.Struct:
		m := n.Map()
		for i := range v.NumField() {
			value, ok := m.Get(v.Type().Field(i).Tag.Get("yaml"))
			if !ok {
				continue
			}
			m.Fail(value.into(v.Field(i)))
		}
		return m.Done()
	}
	panic(fmt.Sprintf("strictyaml: a field of type %s", v.Type())) // the caller's mistake
}
