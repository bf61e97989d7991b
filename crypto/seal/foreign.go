//go:build !js

package seal

import (
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/plugin"
	"golang.org/x/crypto/ssh"
)

// The kinds that come from elsewhere: SSH keys, and plugins, which are
// programs that age starts. A plugin here has nobody to ask: one that needs a
// PIN or a yes fails.

func parseSSHRecipient(s string) (age.Recipient, string, error) {
	r, err := agessh.ParseRecipient(s)
	if err != nil {
		return nil, "", err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(s))
	if err != nil {
		return nil, "", err
	}
	return r, sshText(key), nil
}

func sshText(key ssh.PublicKey) string {
	return strings.TrimSuffix(string(ssh.MarshalAuthorizedKey(key)), "\n")
}

func parsePluginRecipient(s string) (age.Recipient, error) {
	return plugin.NewRecipient(s, &plugin.ClientUI{})
}

func parseSSHIdentity(file []byte, passphrase func() ([]byte, error)) (age.Identity, string, error) {
	key, err := ssh.ParseRawPrivateKey(file)
	if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
		given, err := ask(passphrase)
		if err != nil {
			return nil, "", err
		}
		if key, err = ssh.ParseRawPrivateKeyWithPassphrase(file, given); err != nil {
			return nil, "", ErrPassword
		}
	} else if err != nil {
		return nil, "", fmt.Errorf("%w: not an SSH private key, nor an age identity (writ key new --type x25519 or hybrid makes one)", ErrIdentity)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, "", fmt.Errorf("%w: not an SSH private key", ErrIdentity)
	}
	i, err := newSSHIdentity(key)
	return i, sshText(signer.PublicKey()), err
}

func parsePluginIdentity(s string) (age.Identity, error) {
	return plugin.NewIdentity(s, &plugin.ClientUI{})
}

func newSSHIdentity(key any) (age.Identity, error) {
	switch k := key.(type) {
	case *ed25519.PrivateKey:
		return newSSHIdentity(*k)
	case ed25519.PrivateKey:
		// The file holds the public half too, and nothing has compared them.
		if !k.Equal(ed25519.NewKeyFromSeed(k.Seed())) {
			return nil, fmt.Errorf("%w: its two halves do not belong together", ErrIdentity)
		}
		return agessh.NewEd25519Identity(k)
	case *rsa.PrivateKey:
		return agessh.NewRSAIdentity(k)
	}
	return nil, fmt.Errorf("%w: an SSH key of another kind than ed25519 or rsa", ErrIdentity)
}
