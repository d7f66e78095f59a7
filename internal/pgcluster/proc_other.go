//go:build !linux

package pgcluster

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// deathSignal does nothing: only Linux tells a child that its parent died. A server left
// behind is stopped by the next Start.
func deathSignal(*syscall.SysProcAttr, syscall.Signal) {}

// clusterProcesses lists the postmaster of postmaster.pid if it is alive and PostgreSQL's.
// Without /proc its backends are not seen; PostgreSQL itself refuses to start beside them.
func clusterProcesses(_ string, pidFile int) []int {
	if pidFile <= 0 {
		return nil
	}
	out, err := exec.Command("ps", "-o", "comm=", "-p", strconv.Itoa(pidFile)).Output()
	if err != nil || filepath.Base(strings.TrimSpace(string(out))) != "postgres" {
		return nil
	}
	return []int{pidFile}
}
