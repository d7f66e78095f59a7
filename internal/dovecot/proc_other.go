//go:build !linux

package dovecot

import "syscall"

// deathSignal does nothing: only Linux tells a child that its parent died.
func deathSignal(*syscall.SysProcAttr) {}
