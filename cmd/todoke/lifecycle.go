package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"time"
)

// service is a part of todoke that runs until it is told to stop.
type service struct {
	name string
	// run works until ctx ends, then finishes what is in progress and returns nil. kill ends
	// when that takes too long: run then drops its work and returns.
	run func(ctx, kill context.Context) error
}

// killGrace is how long services may take to drop their work.
const killGrace = 5 * time.Second

// runServices runs the services until ctx ends or one of them does, then stops them all and
// waits for them: drain for their work in progress, killGrace after that. It returns what made
// them stop, nil if that was ctx alone.
func runServices(ctx context.Context, log *slog.Logger, drain time.Duration, services ...service) error {
	soft, stop := context.WithCancel(ctx)
	defer stop()
	hard, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()

	type result struct {
		name string
		err  error
	}
	results := make(chan result, len(services))
	running := make([]string, 0, len(services))
	for _, s := range services {
		running = append(running, s.name)
		go func() { results <- result{s.name, s.run(soft, hard)} }()
	}

	var errs []error
	stopping := soft.Done()
	var limit <-chan time.Time
	killed := false
	for len(running) > 0 {
		select {
		case r := <-results:
			running = slices.DeleteFunc(running, func(name string) bool { return name == r.name })
			switch {
			case r.err != nil && (soft.Err() == nil || !errors.Is(r.err, context.Canceled)):
				errs = append(errs, fmt.Errorf("%s: %w", r.name, r.err))
			case soft.Err() == nil:
				errs = append(errs, fmt.Errorf("%s: it ended by itself", r.name))
			}
			stop()
		case <-stopping:
			stopping = nil
			log.Info("stopping", "parts", strings.Join(running, ", "), "drain_timeout", drain)
			limit = time.After(drain)
		case <-limit:
			if killed {
				return errors.Join(append(errs, fmt.Errorf("%s: still running %v after it was told to stop", strings.Join(running, ", "), drain+killGrace))...)
			}
			log.Warn("work in progress is dropped: the time to finish it is over", "parts", strings.Join(running, ", "))
			killed = true
			kill()
			limit = time.After(killGrace)
		}
	}
	return errors.Join(errs...)
}

// listen opens the API's port. The address is the one really taken where the port was 0.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, listenError(addr, err)
	}
	return l, nil
}

// httpService answers requests on l until it is told to stop, then finishes those in progress.
func httpService(name string, l net.Listener, h http.Handler, log *slog.Logger) service {
	return service{name, func(ctx, kill context.Context) error {
		server := &http.Server{
			Handler:           h,
			ReadHeaderTimeout: 10 * time.Second,
			ReadTimeout:       time.Minute,
			WriteTimeout:      2 * time.Minute,
			IdleTimeout:       2 * time.Minute,
			MaxHeaderBytes:    64 << 10,
			ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			// A request outlives the order to stop, not the order to drop everything.
			BaseContext: func(net.Listener) context.Context { return kill },
		}
		ended := make(chan error, 1)
		go func() { ended <- server.Serve(l) }()
		select {
		case err := <-ended:
			return err
		case <-ctx.Done():
		}
		if err := server.Shutdown(kill); err != nil {
			return errors.Join(err, server.Close())
		}
		return nil
	}}
}

func listenError(addr string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("listen on %s: another program has that port: end it, or choose another with --listen", addr)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("listen on %s: ports below 1024 need rights that this user lacks: choose another with --listen", addr)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("listen on %s: this machine has no such address: choose another with --listen", addr)
	}
	return fmt.Errorf("listen on %s: %w", addr, err)
}
