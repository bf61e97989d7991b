package pack

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/export/catalog"
)

// schemaJSON is as much of JSON Schema as records need.
type schemaJSON struct {
	Schema      string                `json:"$schema,omitzero"`
	Title       string                `json:"title,omitzero"`
	Description string                `json:"description,omitzero"`
	Type        any                   `json:"type,omitzero"`
	Format      string                `json:"format,omitzero"`
	Encoding    string                `json:"contentEncoding,omitzero"`
	Pattern     string                `json:"pattern,omitzero"`
	Minimum     int64                 `json:"minimum,omitzero"`
	Maximum     int64                 `json:"maximum,omitzero"`
	Properties  map[string]schemaJSON `json:"properties,omitzero"`
	Required    []string              `json:"required,omitzero"`
	Closed      *bool                 `json:"additionalProperties,omitzero"`
	Category    catalog.Category      `json:"x-category,omitzero"`
	FieldType   catalog.Type          `json:"x-type,omitzero"`
}

const maxSafe = 1<<53 - 1

var closed = false

// forms are the JSON forms of the catalog's types.
var forms = map[catalog.Type]schemaJSON{
	catalog.Text:       {Type: "string"},
	catalog.Integer:    {Type: "integer", Minimum: -maxSafe, Maximum: maxSafe},
	catalog.BigInteger: {Type: "string", Pattern: "^(0|-?[1-9][0-9]*)$"},
	catalog.Decimal:    {Type: "string"},
	catalog.Boolean:    {Type: "boolean"},
	catalog.Timestamp:  {Type: "string", Format: "date-time"},
	catalog.ZonedTimestamp: {Type: "object", Required: []string{"original", "utc"}, Closed: &closed, Properties: map[string]schemaJSON{
		"original": {Type: "string"}, "utc": {Type: "string", Format: "date-time"},
	}},
	catalog.Date:      {Type: "string", Format: "date"},
	catalog.IPAddress: {Type: "string", Description: "An IPv4 or IPv6 address, or a network in CIDR form."},
	catalog.Bytes:     {Type: "string", Encoding: "base64"},
}

// Schema returns the JSON Schema of a dataset's records with those of its
// fields that leave: closed, and each field always there, null if it is unknown.
func Schema(d catalog.Dataset, fields []catalog.Field) ([]byte, error) {
	s := schemaJSON{
		Schema: "https://json-schema.org/draft/2020-12/schema", Title: string(d.Name), Description: d.Description,
		Type: "object", Properties: map[string]schemaJSON{}, Required: []string{}, Closed: &closed,
	}
	for _, f := range fields {
		form, ok := forms[f.Type]
		if !ok {
			return nil, fmt.Errorf("%w: field %q has a type without a JSON form", ErrPack, f.Name)
		}
		if f.Description != "" {
			form.Description = f.Description
		}
		form.Type = []any{form.Type, "null"}
		form.Category, form.FieldType = f.Category, f.Type
		s.Properties[string(f.Name)] = form
		s.Required = append(s.Required, string(f.Name))
	}
	b, err := json.Marshal(s, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPack, err)
	}
	return append(b, '\n'), nil
}
