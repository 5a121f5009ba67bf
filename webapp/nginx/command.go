package nginx

import (
	"path"
	"strconv"
	"strings"
	"time"
)

// Program is NGINX's place in Debian's and Ubuntu's packages.
const Program = "/usr/sbin/nginx"

// What the status listener answers.
const (
	PathHealth     = "/health"      // 200 while NGINX serves
	PathGeneration = "/generation"  // what is in force; see [ParseGeneration]
	PathStubStatus = "/stub_status" // NGINX's own numbers, for the exporter
)

// DrainTime is how long to drain before a reload: longer than what clients that are not idle leave between two requests.
const DrainTime = time.Second

// draining follows the generation on its page.
const draining = " draining"

// Generation is what NGINX runs.
type Generation struct {
	// Name is the digest of the configuration, as in [Rendered].
	Name string
	// Draining says that its [DrainFile] exists.
	Draining bool
}

// ParseGeneration reads what [PathGeneration] answers.
func ParseGeneration(page string) Generation {
	name, drains := strings.CutSuffix(strings.TrimSpace(page), draining)
	return Generation{Name: name, Draining: drains}
}

// StartCommand returns the command that runs NGINX in the foreground with the configuration in a directory. What a reload
// that was cut off has left there would drain a generation of the same name, so it is removed first.
func StartCommand(directory string) []string {
	return append([]string{"/bin/sh", "-c", `rm -f "$0"*; exec "$@"`, DrainFile(directory, "")}, command(ConfigPath(directory))...)
}

// TestCommand returns the command that tells whether NGINX would accept the configuration at path: it exits 0, or else
// writes the reason to standard error.
func TestCommand(path string) []string {
	return append(command(path), "-t", "-q")
}

func command(path string) []string {
	return []string{Program, "-e", "stderr", "-c", path}
}

// ReloadCommand returns the command that drains the generation that runs for [DrainTime], and then has NGINX read its
// configuration again. That generation goes on draining, since its workers take connections for a moment after the new ones
// do. The command gives up if its DrainFile is removed meanwhile.
func ReloadCommand(directory, running string) []string {
	const script = `rm -f "$1"*; touch "$2" && sleep "$3" && test -e "$2" && kill -HUP "$(cat "$4")"`
	return []string{"/bin/sh", "-c", script, "reload", DrainFile(directory, ""), DrainFile(directory, running),
		strconv.FormatFloat(DrainTime.Seconds(), 'f', -1, 64), pidPath(directory)}
}

// StopDrainCommand returns the command that ends all draining.
func StopDrainCommand(directory string) []string {
	return []string{"/bin/sh", "-c", `rm -f "$0"*`, DrainFile(directory, "")}
}

// ConfigPath returns where the configuration is, in [Config].Directory.
func ConfigPath(directory string) string { return path.Join(directory, "nginx.conf") }

func pidPath(directory string) string { return path.Join(directory, "nginx.pid") }

// DrainFile returns the file that makes a running generation end each connection with the response that it is about to
// give, for as long as the file exists. Its content does not matter.
func DrainFile(directory, generation string) string {
	return path.Join(directory, "drain-"+generation)
}
