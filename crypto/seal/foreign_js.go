package seal

import (
	"fmt"

	"filippo.io/age"
)

// A page in a browser starts no plugins, and leaves SSH out to stay small.

var errNotHere = fmt.Errorf("%w: SSH keys and plugins do not work in a browser", ErrIdentity)

func parseSSHRecipient(string) (age.Recipient, string, error) { return nil, "", errNotHere }

func parsePluginRecipient(string) (age.Recipient, error) { return nil, errNotHere }

func parseSSHIdentity([]byte, func() ([]byte, error)) (age.Identity, string, error) {
	return nil, "", errNotHere
}

func parsePluginIdentity(string) (age.Identity, error) { return nil, errNotHere }
