// Command bagit validates the bag in its argument with a library of others. It
// is a module of its own, so that writ does not depend on that library.
package main

import (
	"fmt"
	"os"

	"github.com/nyudlts/go-bagit"
)

func main() {
	if err := validate(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bagit:", err)
		os.Exit(1)
	}
}

func validate(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want the folder of one bag")
	}
	bag, err := go_bagit.GetExistingBag(args[0])
	if err != nil {
		return err
	}
	return bag.ValidateBag(false, false)
}
