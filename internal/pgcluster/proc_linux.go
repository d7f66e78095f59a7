package pgcluster

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// deathSignal makes the kernel stop the child when its parent dies. The signal belongs to the
// parent's thread, so the child must be started from a thread that lives as long as the process.
func deathSignal(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }

// clusterProcesses lists the live PostgreSQL processes of a data directory: postmaster and
// backends make it their working directory. pidFile is unused here.
func clusterProcesses(dataDir string, pidFile int) []int {
	data, err := os.Stat(dataDir)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
		if err != nil || !os.SameFile(cwd, data) {
			continue
		}
		// An upgraded package leaves "postgres (deleted)".
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
		name := filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
		if err != nil {
			// A process that ends loses its program before its shared memory, in which a new
			// postmaster would refuse to start, and its working directory after both.
			comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
			name = strings.TrimSpace(string(comm))
		}
		if name == "postgres" {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}
