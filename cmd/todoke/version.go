package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the release build: -ldflags "-X main.version=1.2.3".
var version = ""

type versionCommand struct{}

func (versionCommand) Run(app *App) error {
	_, err := fmt.Fprintln(app.Stdout, buildVersion())
	return err
}

// versionNumber is the release, "development" where the build has none.
func versionNumber() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}

// buildVersion is one line: version, revision, Go and platform.
func buildVersion() string {
	v, revision, built, modified := versionNumber(), "", "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				revision = s.Value
			case "vcs.time":
				built = s.Value
			case "vcs.modified":
				modified = s.Value == "true"
			}
		}
	}
	out := "todoke " + v
	if revision != "" {
		out += " " + revision[:min(12, len(revision))]
		if modified {
			out += " with local changes"
		}
	}
	if built != "" {
		out += " of " + built
	}
	return fmt.Sprintf("%s (%s %s/%s)", out, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
