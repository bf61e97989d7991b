package catalog

import (
	"slices"
	"strings"
)

// A Category is the nature of a field's data: a path in a small tree, such as
// "identity.name". Policy grants by prefix.
type Category string

// Secret is the nature of passwords, keys and tokens. It can never be granted.
const Secret Category = "secret"

// leaves is the whole tree: the law in force decides which process reaches
// which of them, so each is something that some law treats on its own.
var leaves = []Category{
	"identity.name",
	"identity.address", // postal
	"identity.number",  // telephone number, e-mail address, account name, other subscriber identity
	"identity.birth",
	"service.length", // start, end
	"service.type",
	"payment.means",   // card and bank account numbers too
	"session.time",    // log-in, log-off, duration
	"session.address", // temporarily assigned network address and port
	"device.id",
	"traffic.header", // who wrote to whom, when, how large; never a subject line
	"traffic.call",   // local and long distance connection records
	"traffic.volume", // bytes in and out
	"location",
	"contacts", // the user's address book
	"content",  // subject lines too
	Secret,
}

// Categories lists the leaves and inner nodes of the tree, inner ones first.
func Categories() []Category {
	var out []Category
	for _, c := range leaves {
		if p, ok := c.Parent(); ok && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return append(out, leaves...)
}

// Leaves lists the categories that a field can have.
func Leaves() []Category { return slices.Clone(leaves) }

// Valid reports whether c is in the tree.
func (c Category) Valid() bool { return slices.Contains(Categories(), c) }

// IsLeaf reports whether a field can have the category c.
func (c Category) IsLeaf() bool { return slices.Contains(leaves, c) }

// Parent returns the node above c.
func (c Category) Parent() (Category, bool) {
	i := strings.LastIndexByte(string(c), '.')
	if i < 0 {
		return "", false
	}
	return c[:i], true
}

// Within reports whether c is p or below it.
func (c Category) Within(p Category) bool {
	return p != "" && (c == p || strings.HasPrefix(string(c), string(p)+"."))
}
