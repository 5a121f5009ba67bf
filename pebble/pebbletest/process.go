package pebbletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// process is a process that is told from a later one of the same number by the time of its start.
type process struct {
	pid   int
	start string
}

// descendants returns the processes below one. Pebble adopts those whose parents have ended.
func descendants(pid int) []process {
	var all []process
	seen := map[int]bool{}
	for next := []int{pid}; len(next) > 0; next = next[1:] {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", next[0]))
		for _, task := range tasks {
			data, _ := os.ReadFile(task)
			for _, field := range strings.Fields(string(data)) {
				child, err := strconv.Atoi(field)
				if err != nil || seen[child] {
					continue
				}
				seen[child] = true
				all, next = append(all, process{pid: child, start: startTime(child)}), append(next, child)
			}
		}
	}
	return all
}

// startTime returns when a process was started, in a form that is only good for comparing, or "" if there is none.
func startTime(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name, in parentheses, may contain anything. The start is field 22 of the line, the 20th after the name.
	_, rest, _ := strings.Cut(string(data[strings.LastIndexByte(string(data), ')')+1:]), " ")
	if fields := strings.Fields(rest); len(fields) > 19 {
		return fields[19]
	}
	return ""
}

// kill ends the process if it is still the same.
func (p process) kill() {
	if p.start != "" && p.start == startTime(p.pid) {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
	}
}
