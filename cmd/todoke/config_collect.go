package main

import (
	"fmt"
	"strings"
	"time"
)

// CollectConfig is how the inbox folder and the mailboxes are collected.
type CollectConfig struct {
	MaxMB     int           // larger mails and files are noted and not taken in
	MemoryMB  int           // of mails at once, over all mailboxes
	Interval  time.Duration // between two looks into the inbox
	SubDirs   []string      // of the inbox, collected beside it
	KeepTaken int           // days that the inbox's taken files stay; 0 keeps them for good
}

const mb = 1 << 20

func (c *CollectConfig) maxBytes() int64 { return int64(c.MaxMB) * mb }

// defaultCollect: 200 pages at 600 dpi, badly compressed, are smaller than 64 MB.
func defaultCollect() CollectConfig {
	return CollectConfig{MaxMB: 64, MemoryMB: 16, Interval: time.Second, KeepTaken: 30}
}

var collectSettings = []setting{
	intSetting("collect.max_mb", "megabytes of the largest mail or file that is taken in; of a larger one the desk gets a note", 1, 1024, func(c *Config) *int { return &c.Collect.MaxMB }),
	intSetting("collect.memory_mb", "megabytes of mails in memory at once, over all mailboxes; one larger mail is held alone", 1, 4096, func(c *Config) *int { return &c.Collect.MemoryMB }),
	{
		key: "collect.interval", about: "between two looks into the inbox: a file is taken at the second that finds it unchanged", allowed: "a duration from 100ms to 1h",
		set: func(c *Config, v string) error {
			return setDuration(&c.Collect.Interval, v, 100*time.Millisecond, time.Hour)
		},
		get: func(c *Config) string { return c.Collect.Interval.String() },
	},
	{
		key: "collect.subdirs", about: "folders within the inbox that are collected too, such as recvq of HylaFAX", allowed: "names separated by commas, with / between levels",
		set: func(c *Config, v string) error {
			var dirs []string
			for s := range strings.SplitSeq(v, ",") {
				if s = strings.Trim(strings.TrimSpace(s), "/"); s == "" {
					continue
				}
				for part := range strings.SplitSeq(s, "/") {
					if part == "" || part == ".." || part == "." || part == "taken" || strings.ContainsAny(part, "\\\x00") {
						return fmt.Errorf("%q is no folder within the inbox that can be collected", s)
					}
				}
				dirs = append(dirs, s)
			}
			c.Collect.SubDirs = dirs
			return nil
		},
		get: func(c *Config) string { return strings.Join(c.Collect.SubDirs, ", ") },
	},
	intSetting("collect.keep_taken", "days that files stay in the inbox's folder taken once they are stored (KEP-1 keeps their bytes for good); 0 keeps them for ever", 0, 3650, func(c *Config) *int { return &c.Collect.KeepTaken }),
}
