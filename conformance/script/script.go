// Package script is the format in which runs are described and answered: one
// JSON value a line each way.
package script

import "encoding/json"

// Script is a model and the hooks that run in it, one after the other.
type Script struct {
	Name  string
	World World
	Hooks []Hook
	// Keep asks for the world after the last hook.
	Keep bool `json:",omitempty"`
	// Dir is the folder that <DIR> in calls stands for, and where calls are made
	// from. <H.C> stands for what call C of hook H printed.
	Dir string `json:",omitempty"`
}

// Hook is one hook or action, and what its charm calls.
type Hook struct {
	Unit string
	Info Info
	// Members are the remote units that the charm was told of, by relation; a
	// relation that is not in it has all its units in scope.
	Members map[int][]string `json:",omitempty"`
	Calls   []Call
	// Exit is the charm's exit code; Missing says that there was nothing to run.
	Exit    int  `json:",omitempty"`
	Missing bool `json:",omitempty"`
	// Socket asks for a session: the server listens at this path, the
	// environment is printed as one JSON line, and the hook ends when a line
	// with a number, the exit code, comes.
	Socket string `json:",omitempty"`
	// CharmDir is the charm directory that the environment names; a usual one
	// if empty.
	CharmDir string `json:",omitempty"`
}

// Info says what happened. The fields are those of Juju's hook.Info.
type Info struct {
	Kind          string
	RelationID    int    `json:",omitempty"`
	RemoteApp     string `json:",omitempty"`
	RemoteUnit    string `json:",omitempty"`
	DepartingUnit string `json:",omitempty"`

	Workload   string `json:",omitempty"`
	NoticeID   string `json:",omitempty"`
	NoticeType string `json:",omitempty"`
	NoticeKey  string `json:",omitempty"`
	CheckName  string `json:",omitempty"`

	SecretURI      string `json:",omitempty"`
	SecretLabel    string `json:",omitempty"`
	SecretRevision int    `json:",omitempty"`

	StorageID  string `json:",omitempty"`
	TargetBase string `json:",omitempty"`
	ActionID   string `json:",omitempty"`
}

// Call is one call of a hook tool.
type Call struct {
	Command  string
	Args     []string `json:",omitempty"`
	Dir      string   `json:",omitempty"`
	StdinSet bool     `json:",omitempty"`
	Stdin    []byte   `json:",omitempty"`
}

// Answer is what came of a call. Error is the RPC's error, with no tool run.
type Answer struct {
	Code           int    `json:",omitempty"`
	Stdout, Stderr []byte `json:",omitempty"`
	Error          string `json:",omitempty"`
}

// HookResult is what came of a hook.
type HookResult struct {
	Env     []string
	Answers []Answer
	// Failure is what the hook failed with, in the agent's words.
	Failure string `json:",omitempty"`
	// Commits are the parameters of the CommitHookChanges calls.
	Commits []json.RawMessage `json:",omitempty"`
	// Log holds what juju-log wrote: LEVEL message.
	Log []string `json:",omitempty"`
}

// Result is what came of a script. Error says that it could not be run.
type Result struct {
	Hooks []HookResult
	World *World `json:",omitempty"`
	Error string `json:",omitempty"`
}
