package pebble_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/pebble"
)

func TestErrorsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	failures := func(n int) (all []pebble.CopyFailure) {
		for i := range n {
			all = append(all, pebble.CopyFailure{Path: fmt.Sprint("/", i), Err: fmt.Errorf("bad %d", i)})
		}
		return all
	}
	for text, err := range map[string]error{
		"Pebble is not ready: the cause":                           &pebble.NotReadyError{Container: "app", Err: cause},
		"layer is invalid: one; two":                               &pebble.PlanError{Problems: []string{"one", "two"}},
		"x needs Pebble 2, this is 1":                              &pebble.NotSupportedError{Feature: "x", Needs: "2", Has: "1"},
		"cannot push /f: no":                                       &pebble.PathError{Op: "push", Path: "/f", Message: "no"},
		"cannot chown /f to a:b: Pebble is not root":               &pebble.ChownError{Path: "/f", Owner: "a:b"},
		"cannot chown /f to a:b: Pebble runs as c":                 &pebble.ChownError{Path: "/f", Owner: "a:b", User: "c"},
		"cannot run : exit code 1":                                 &pebble.ExecError{ExitCode: 1},
		"cannot run a: exit code 2":                                &pebble.ExecError{Command: []string{"a", "secret"}, ExitCode: 2, Stdout: " \n", Stderr: "\n"},
		"cannot run a: exit code 3: oh no":                         &pebble.ExecError{Command: []string{"a"}, ExitCode: 3, Stdout: "fine", Stderr: " oh no\n"},
		"cannot run a: it did not end in time: so far":             &pebble.ExecError{Command: []string{"a"}, ExitCode: -1, TimedOut: true, Stdout: "so far\n", Stderr: " "},
		`service "s" refuses its new files: line 1`:                &pebble.ValidationError{Service: "s", Output: "line 1", Err: cause},
		`cannot reload service "s": the cause`:                     &pebble.ReloadError{Service: "s", Want: "b", Got: "a", Err: cause},
		`cannot reload service "s": it reports "a" instead of "b"`: &pebble.ReloadError{Service: "s", Want: "b", Got: "a"},
		"refused":        &pebble.APIError{StatusCode: 400, Kind: "k", Message: "refused"},
		"cannot start: ": &pebble.ChangeError{Kind: "start"},
		`cannot start service "a": log 1` + "\n" + "log 2; cannot x (Hold)": &pebble.ChangeError{Kind: "start", Tasks: []pebble.TaskError{{Service: "a", Summary: `Start service "a"`, Status: "Error", Log: []string{"log 1", "log 2"}}, {Summary: "X", Status: "Hold"}}},
		"cannot  (Error)": &pebble.ChangeError{Kind: "start", Tasks: []pebble.TaskError{{Status: "Error"}}},
		"cannot pull everything: /0: bad 0; /1: bad 1; /2: bad 2; /3: bad 3; /4: bad 4":                &pebble.CopyError{Op: "pull", Failures: failures(5)},
		"cannot pull everything: /0: bad 0; /1: bad 1; /2: bad 2; /3: bad 3; /4: bad 4; and 1 more":    &pebble.CopyError{Op: "pull", Failures: failures(6)},
		"cannot push everything: /0: bad 0":                                                            &pebble.CopyError{Op: "push", Failures: failures(1)},
		"cannot pull everything: /0: bad 0; /1: bad 1; /2: bad 2; /3: bad 3; /4: bad 4; and 1995 more": &pebble.CopyError{Op: "pull", Failures: failures(2000)},
	} {
		require.EqualError(t, err, text)
	}
	require.Equal(t, []string{"a", "b"}, (&pebble.ChangeError{Tasks: []pebble.TaskError{{Service: "a"}, {}, {Service: "b"}}}).Services())
}

func TestErrorsAreWhatTheyAre(t *testing.T) {
	t.Parallel()
	cause := errors.New("the cause")
	all := []error{pebble.ErrNotReady, pebble.ErrDenied, fs.ErrNotExist, fs.ErrPermission, context.DeadlineExceeded, cause}
	for _, test := range []struct {
		err error
		is  []error
	}{
		{&pebble.NotReadyError{Err: cause}, []error{pebble.ErrNotReady, cause}},
		{&pebble.PathError{Kind: pebble.PathNotFound}, []error{fs.ErrNotExist}},
		{&pebble.PathError{Kind: pebble.PathPermissionDenied}, []error{fs.ErrPermission}},
		{&pebble.PathError{Kind: pebble.PathFailed}, nil},
		{&pebble.ExecError{TimedOut: true}, []error{context.DeadlineExceeded}},
		{&pebble.ExecError{}, nil},
		{&pebble.ValidationError{Err: cause}, []error{cause}},
		{&pebble.ReloadError{Err: cause}, []error{cause}},
		{&pebble.APIError{StatusCode: http.StatusUnauthorized}, []error{pebble.ErrDenied}},
		{&pebble.APIError{StatusCode: http.StatusForbidden}, []error{pebble.ErrDenied}},
		{&pebble.APIError{StatusCode: http.StatusNotFound}, []error{fs.ErrNotExist}},
		{&pebble.APIError{StatusCode: http.StatusInternalServerError}, nil},
		{&pebble.CopyError{Failures: []pebble.CopyFailure{{Err: fs.ErrPermission}, {Err: cause}}}, []error{fs.ErrPermission, cause}},
	} {
		for _, target := range all {
			require.Equal(t, containsError(test.is, target), errors.Is(test.err, target), "%T is %v", test.err, target)
		}
	}
}

func containsError(list []error, wanted error) bool {
	for _, err := range list {
		if err == wanted {
			return true
		}
	}
	return false
}

func TestADurationIsSetOrNot(t *testing.T) {
	t.Parallel()
	for text, d := range map[string]pebble.Duration{"": {}, "0s": pebble.NewDuration(0), "1m30s": pebble.NewDuration(90 * time.Second)} {
		require.Equal(t, text, d.String())
		value, set := d.Value()
		require.Equal(t, text != "", set)
		require.Equal(t, text == "", d.IsZero())
		require.Equal(t, text == "1m30s", value == 90*time.Second)
	}
}
