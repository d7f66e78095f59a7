package dovecot

import "syscall"

// deathSignal makes the kernel stop the server when the thread that started it dies.
func deathSignal(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGTERM }
