package spool_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/internal/spool"
)

func TestTheLowestPriorityAndOldestGoesFirst(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "deep", "spool")
	s := spool.Open(dir, spool.Options{Suffix: ".x", Files: 3, Bytes: 100})
	names, err := s.List()
	require.NoError(t, err)
	require.Empty(t, names)

	start := time.Unix(1000, 0)
	for i, priority := range []int{5, 1, 5, 1, 1} {
		require.NoError(t, s.Put(s.Name(priority, start.Add(time.Duration(i))), []byte("0123456789")))
	}
	names, err = s.List()
	require.NoError(t, err)
	require.Equal(t, []string{s.Name(1, start.Add(4)), s.Name(5, start), s.Name(5, start.Add(2))}, names)

	require.NoError(t, s.Put(s.Name(9, start.Add(9)), make([]byte, 95)))
	names, err = s.List()
	require.NoError(t, err)
	require.Equal(t, []string{s.Name(9, start.Add(9))}, names)
	require.ErrorContains(t, s.Put(s.Name(9, start), make([]byte, 101)), "the limit is 100")
}

func TestFilesAreTheirOwnersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := spool.Open(dir, spool.Options{Suffix: ".x", Files: 9, Bytes: 100})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), nil, 0o644))
	file, err := s.Append("0-a.x")
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NoError(t, s.Put("0-b.x", []byte("b")))
	names, err := s.List()
	require.NoError(t, err)
	require.Equal(t, []string{"0-a.x", "0-b.x"}, names)
	for _, name := range names {
		info, err := os.Stat(s.Path(name))
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode())
	}
	_, err = s.Append("0-a.x")
	require.ErrorIs(t, err, fs.ErrExist)
	require.NoError(t, s.Remove("0-a.x"))
	require.NoError(t, s.Remove("0-a.x"))
	_, err = s.Get("0-a.x")
	require.ErrorIs(t, err, fs.ErrNotExist)
	data, err := s.Get("0-b.x")
	require.NoError(t, err)
	require.Equal(t, "b", string(data))
}
