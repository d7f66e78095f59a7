package main

import (
	"context"
	"fmt"
	"net"
	"net/smtp"

	"todoke/internal/smtptest"
)

// smtpSinkCommand is a mail server that keeps what it gets and passes nothing on.
type smtpSinkCommand struct {
	Dir   string `required:"" placeholder:"DIR" help:"Folder that keeps each mail as NUMBER.eml."`
	Probe bool   `help:"Only ask whether a server answers at the address."`
}

func (smtpSinkCommand) Help() string {
	return "Takes every mail from everybody on --listen and passes none on: for trying todoke out where no customer may get a mail or fax."
}

// Run implements the command.
func (c smtpSinkCommand) Run(ctx context.Context, a *App) error {
	if c.Probe {
		client, err := smtp.Dial(a.Config.Listen)
		if err != nil {
			return fmt.Errorf("ask the SMTP server: %w", err)
		}
		return client.Quit()
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.Config.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a.Addr = l.Addr()
	a.Log.Info("mails are taken and passed on to nobody", "address", l.Addr().String(), "dir", c.Dir)
	if a.Ready != nil {
		a.Ready(a)
	}
	return smtptest.Serve(ctx, l, smtptest.Config{Folder: c.Dir, Forget: true})
}
