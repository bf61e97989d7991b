package main

import (
	"os"

	"writ/export/workspace"
)

// secrets are what environment variables held, by their names, before they were
// taken out of the environment: whatever program is started (an age plugin is
// the only one) gets what is left.
var secrets = map[string]string{}

// The variables in which writ itself looks for secrets.
const (
	passwordVariable         = "WRIT_PASSWORD"
	passphraseVariable       = "WRIT_PASSPHRASE"
	engineerPasswordVariable = "WRIT_ENGINEER_PASSWORD"
)

// takeSecrets takes variables out of the environment.
func takeSecrets(variables ...string) {
	for _, name := range variables {
		if v, ok := os.LookupEnv(name); ok {
			secrets[name] = v
			os.Unsetenv(name)
		}
	}
}

// takeWorkspaceSecrets takes those that writ.yaml names.
func takeWorkspaceSecrets(w *workspace.Workspace) {
	takeSecrets(w.Variables()...)
	w.Getenv = func(name string) string { return secrets[name] }
}
