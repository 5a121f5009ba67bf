package sandbox_test

import (
	"net/netip"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/sandbox"
)

func BenchmarkPod(b *testing.B) {
	network := benchNetwork(b)
	for b.Loop() {
		pod, err := network.AddPod(b.Context(), sandbox.PodSpec{Name: "hello-0"})
		require.NoError(b, err)
		require.NoError(b, pod.Close())
	}
}

func BenchmarkStart(b *testing.B) {
	for _, bench := range []struct {
		name string
		root func(directory string, i int) string
	}{
		{"first", func(directory string, i int) string { return filepath.Join(directory, strconv.Itoa(i)) }},
		{"again", func(directory string, _ int) string { return filepath.Join(directory, "root") }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			pod, err := benchNetwork(b).AddPod(b.Context(), sandbox.PodSpec{Name: "hello-0"})
			require.NoError(b, err)
			directory := b.TempDir()
			for i := 0; b.Loop(); i++ {
				c, err := pod.Start(b.Context(), sandbox.ContainerSpec{Name: "charm", Root: bench.root(directory, i)})
				require.NoError(b, err)
				b.StopTimer()
				require.NoError(b, c.Kill())
				b.StartTimer()
			}
		})
	}
}

func BenchmarkExec(b *testing.B) {
	pod, err := benchNetwork(b).AddPod(b.Context(), sandbox.PodSpec{Name: "hello-0"})
	require.NoError(b, err)
	c, err := pod.Start(b.Context(), sandbox.ContainerSpec{Name: "charm", Root: filepath.Join(b.TempDir(), "root")})
	require.NoError(b, err)
	for b.Loop() {
		_, err := c.Exec(b.Context(), sandbox.ExecSpec{Argv: []string{"/bin/true"}, RunAs: sandbox.Credentials{UID: 170, GID: 170}})
		require.NoError(b, err)
	}
}

func benchNetwork(b *testing.B) *sandbox.Network {
	b.Helper()
	network, err := sandbox.NewNetwork(b.Context(), netip.MustParsePrefix("10.88.8.0/24"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, network.Close()) })
	return network
}
