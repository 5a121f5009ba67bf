// Command starter runs a program and prints, as JSON, how long it took and what
// it and all processes that it waited for have used.
//
// A program's largest memory is never less than that of the process which
// started it, at that time; so the starter has to be small, and the benchmark
// is not.
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func main() {
	cmd := exec.Command(os.Args[1])
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	begin := time.Now()
	err := cmd.Run()
	wall := time.Since(begin)
	if err != nil {
		log.Fatal(err)
	}
	state := cmd.ProcessState
	cpu := state.UserTime() + state.SystemTime()
	// The kernel counts in KiB.
	peak := state.SysUsage().(*syscall.Rusage).Maxrss << 10
	fmt.Printf(`{"Wall": %d, "CPU": %d, "Peak": %d}`+"\n", wall, cpu, peak)
}
