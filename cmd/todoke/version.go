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

// buildVersion is one line: version, revision, Go and platform.
func buildVersion() string {
	v, revision, built, modified := version, "", "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		if v == "" && info.Main.Version != "" && info.Main.Version != "(devel)" {
			v = info.Main.Version
		}
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
	if v == "" {
		v = "development"
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
