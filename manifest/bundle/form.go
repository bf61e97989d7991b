package bundle

import (
	"writ/manifest"
)

// A Form is the one form that the records of a dataset have: canonical JSON of
// exactly the granted fields.
type Form struct {
	dataset string
	shape   *shape
}

// FormOf returns the form of a verified manifest's dataset.
func FormOf(d manifest.Dataset) *Form { return &Form{d.Name, newShape(d.Fields)} }

// Check returns nil if the record at index, without its newline, has the form,
// and otherwise a *[Finding]. Each, if given, is told every field's canonical
// value; what it was told of a record that is refused means nothing.
func (f *Form) Check(index uint64, record []byte, each func(field string, value []byte)) error {
	var cell func(int, []byte)
	if each != nil {
		cell = func(i int, v []byte) { each(f.shape.fields[i], v) }
	}
	if err := f.shape.check(record, cell); err != nil {
		return wrong(f.dataset, index, err)
	}
	return nil
}
