package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"golang.org/x/crypto/ssh"

	"todoke/delivery/sftp"
	"todoke/internal/sftptest"
)

// sftpSinkCommand is an SFTP server that keeps what it gets.
type sftpSinkCommand struct {
	Dir          string `required:"" placeholder:"DIR" help:"Folder that holds a folder for each user."`
	PasswordFile string `placeholder:"FILE" help:"File that holds the password of every user; without one everybody is let in."`
	HostKey      string `placeholder:"FILE" help:"Host key (PEM), made where it is missing; DIR/.host_key if not given."`
	Probe        bool   `help:"Only ask whether a server answers at the address."`
}

func (sftpSinkCommand) Help() string {
	return "Takes files from every user on --listen into a folder of theirs and gives them back: for trying todoke out where no partner may get a list. " +
		"It prints its host key, as it is pinned in warehouse_profiles.csv."
}

// Run implements the command.
func (c sftpSinkCommand) Run(ctx context.Context, a *App) error {
	if c.Probe {
		_, err := sftp.HostKeys(ctx, a.Config.Listen, sftp.DefaultTimeout)
		return err
	}
	const passable = 0o750
	if err := os.MkdirAll(c.Dir, passable); err != nil {
		return fmt.Errorf("make the folder of the SFTP server: %w", err)
	}
	key, err := sftptest.LoadHostKey(cmp.Or(c.HostKey, filepath.Join(c.Dir, ".host_key")))
	if err != nil {
		return err
	}
	cfg := sftptest.Config{Folder: c.Dir, HostKey: key, MakeFolders: true}
	if c.PasswordFile != "" {
		if cfg.Password, err = readSecret(c.PasswordFile); err != nil {
			return err
		}
	}
	server, err := sftptest.New(cfg)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a.Addr = l.Addr()
	fmt.Fprintln(a.Stdout, key.PublicKey().Type()+" "+ssh.FingerprintSHA256(key.PublicKey()))
	a.Log.Info("files are taken and passed on to nobody", "address", l.Addr().String(), "dir", c.Dir)
	if a.Ready != nil {
		a.Ready(a)
	}
	return server.Serve(ctx, l)
}
