package memory

import (
	"io/fs"
	"time"

	"github.com/charmkit/charmkit/pebble"
)

// State is all that a container and its Pebble hold, as plain data. The zero value is a container with nothing in it, whose
// Pebble has just started.
//
// A State that was given to [New], or came from [Pebble.State], is never changed: it can be compared, kept and used again. Its
// maps and slices may be shared with others, so whoever writes to them makes a copy first.
type State struct {
	// Version is Pebble's; DefaultVersion if empty.
	Version string

	// BootID is another one after each start of the container; "boot-1" if empty.
	BootID string

	// Unreachable says that Pebble does not answer.
	Unreachable bool

	// Ended is why Pebble has ended by itself, such as an on-failure: shutdown. It is then unreachable.
	Ended string

	// Time is the container's clock. It starts at Epoch if zero, and goes on by a microsecond with everything that happens,
	// and by [Pebble.Advance].
	Time time.Time

	// UserID and GroupID are those that Pebble runs as; zero is root.
	UserID, GroupID int

	// Users are the container's accounts, besides root, daemon, www-data and nobody.
	Users []User

	// Environment is Pebble's own, besides HOME, USER, PATH and LANG: services and commands inherit it.
	Environment map[string]string

	// Layers are the plan, the lowest first.
	Layers []Layer

	// Services are those that have been started, or tried to be, since the container started.
	Services map[string]Service

	// Processes say how the commands of services behave. Those without an entry run until they are stopped.
	Processes map[string]Process

	// Checks are those that the plan has.
	Checks map[string]Check

	// Failing are the checks that fail. The others succeed.
	Failing map[string]Failure

	// Changes are all since the container started, the oldest first.
	Changes []Change

	// Notices are in the order of their numbers.
	Notices []Notice

	// Files are by absolute path. Missing parents of a file are folders of root's, with mode 0755.
	Files map[string]File

	Identities map[string]Identity

	// Logs is what services have written.
	Logs []LogEntry

	// Signals are those that Pebble was asked to send, as far as they reached a service.
	Signals []Signal

	// Execs are the commands that were run.
	Execs []Exec
}

// Layer is a layer of the plan.
type Layer struct {
	Label string
	YAML  string
}

// User is an account, with a group of its own.
type User struct {
	Name  string
	UID   int
	Group string // its name; that of the user if empty
	GID   int    // UID if zero
	Home  string // "/" if empty
}

// Service is a service that was started.
type Service struct {
	// Status is active if empty.
	Status pebble.ServiceStatus

	// Since is when the status became so.
	Since time.Time

	// Starts counts the processes that were started for it. One that was given as running counts too.
	Starts int

	// Definition is the part of the plan that it was last started with; what the plan says if nil.
	Definition *pebble.Service

	// Backoffs is how often it was restarted in a row, and Backoff how long it waited, or waits, the last time.
	Backoffs int
	Backoff  time.Duration

	// Due is when the process exits, or in backoff is started again. Zero is never.
	Due time.Time
}

// Process is how the command of a service behaves.
type Process struct {
	// StartError is why it cannot be started at all, such as [NotFound] of its executable.
	StartError string

	// Exits says that it exits, After its start and with Code. Within the first second that is a failed start.
	Exits bool
	After time.Duration
	Code  int

	// Output are the lines that it writes at each start.
	Output []string
}

// NotFound is the error of starting an executable that is not there.
func NotFound(name string) string {
	return `exec: "` + name + `": executable file not found in $PATH`
}

// Check is a check of the plan.
type Check struct {
	Status       pebble.CheckStatus // up if empty
	Failures     int
	Successes    int
	ChangeID     string // of the change that performs or recovers it; empty if it does not run
	PrevChangeID string
	// Definition is the part of the plan that it runs with; what the plan says if nil.
	Definition *pebble.Check
}

// Failure is why a check fails.
type Failure struct {
	// Error is such as "exit status 1" or "non-2xx status code 503".
	Error string
	// Output is the end of what the command, or the server, has written.
	Output string
}

func (f Failure) String() string {
	if f.Output == "" {
		return f.Error
	}
	return f.Error + "; " + f.Output
}

// Change is something that Pebble was asked to do, or does by itself.
type Change struct {
	ID      string
	Kind    string
	Summary string
	Status  string // Do, Doing, Done, Error, Hold
	Err     string
	Spawned time.Time
	Ready   time.Time
	Tasks   []Task

	// Services are those that it was asked for.
	Services []string
}

// Task is a part of a change.
type Task struct {
	ID       string
	Kind     string
	Summary  string
	Status   string
	Log      []string
	Spawned  time.Time
	Ready    time.Time
	ExitCode *int // of a command that has ended
}

// Notice is something that happened. Its Type and Key are those of package pebble; the type "warning" is Pebble's own.
type Notice struct {
	ID            string
	UserID        *uint32
	Type          pebble.NoticeType
	Key           string
	FirstOccurred time.Time
	LastOccurred  time.Time
	LastRepeated  time.Time
	Occurrences   int
	LastData      map[string]string
	RepeatAfter   time.Duration
	ExpireAfter   time.Duration
}

// File is a file, folder, symbolic link or something else in the container.
type File struct {
	// Mode is type and permissions. Without permissions it is 0644 for a file, 0755 for a folder and 0777 for a link.
	Mode    fs.FileMode
	Content string // of a regular file
	Link    string // where a symbolic link points to
	UID     int
	GID     int
	ModTime time.Time

	// Mount says that something is mounted here, so that it can be neither replaced nor removed. What is below it outlives
	// the container.
	Mount bool
}

// Identity is a user whom Pebble knows.
type Identity struct {
	Access   string // admin, read, metrics or untrusted
	UserID   *uint32
	Password string // of basic authentication, hashed
	PEM      string // of a client's certificate
}

// LogEntry is a line that a service has written.
type LogEntry struct {
	Time    time.Time
	Service string
	Message string
}

// Signal is a signal that a service got.
type Signal struct {
	Service string
	Signal  string
}

// Exec is a command that was run, with what became of it.
type Exec struct {
	Args        []string
	Environment map[string]string // what was asked for, with that of the service context
	WorkingDir  string
	UserID      *int
	GroupID     *int
	Timeout     time.Duration
	ExitCode    int
}
