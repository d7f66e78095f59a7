package main

import (
	"cmp"
	"log/slog"
)

// settingFlags are the settings that the command line can give; the configuration file and the
// environment give all of them.
type settingFlags struct {
	DataDir     string `name:"data" placeholder:"DIR" help:"Folder of the private database, blobs, inbox and deliveries."`
	DatabaseURL string `name:"database-url" placeholder:"URL" help:"PostgreSQL server to use instead of the private one."`
	Listen      string `placeholder:"ADDR" help:"Address of API and pages."`
	LogLevel    string `placeholder:"LEVEL" help:"debug, info, warn or error."`
	LogFormat   string `placeholder:"FORMAT" help:"text or json."`
}

// Config is the effective configuration.
type Config struct {
	Data        string
	DatabaseURL string // "" runs a private PostgreSQL under Data
	Listen      string
	Log         LogConfig
}

// LogConfig says what is logged and how.
type LogConfig struct {
	Level  slog.Level
	Format string // text or json
}

func loadConfig(f settingFlags, env func(string) (string, bool)) (Config, error) {
	url, _ := env("DATABASE_URL")
	c := Config{
		Data:        cmp.Or(f.DataDir, "data"),
		DatabaseURL: cmp.Or(f.DatabaseURL, url),
		Listen:      cmp.Or(f.Listen, "127.0.0.1:8080"),
		Log:         LogConfig{Format: cmp.Or(f.LogFormat, "text")},
	}
	if f.LogLevel != "" {
		if err := c.Log.Level.UnmarshalText([]byte(f.LogLevel)); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}
