package main

import "runtime/debug"

// build reads what the Go toolchain recorded: the version of the module, and
// the revision with "+dirty" if the tree was changed.
func build() (version, revision, goVersion string) {
	version, revision = "devel", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		version = v
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	return version, revision + dirty, info.GoVersion
}

func version() string {
	v, revision, goVersion := build()
	return v + " (" + revision + ", " + goVersion + ")"
}
