package small

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if os.Getenv("CHILD") != "" {
		var b Box
		b.Put(5)
		fmt.Print(b.n)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestClamp(t *testing.T) {
	t.Parallel()
	for in, want := range map[int]int{0: 0, 1: 1, 99: 99, 100: 100, 101: 100} {
		got, err := Clamp(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := Clamp(-1)
	require.ErrorIs(t, err, ErrNegative)
}

func TestSum(t *testing.T) {
	t.Parallel()
	require.Equal(t, 6, Sum(1, 2, 3, 4, 0, 8))
}

func TestHalve(t *testing.T) {
	t.Parallel()
	require.Equal(t, 3, Halve(8))
}

func TestBoth(t *testing.T) {
	t.Parallel()
	require.True(t, Both(true, true))
	require.False(t, Both(false, false))
}

func TestEither(t *testing.T) {
	t.Parallel()
	never := func() bool { panic("asked") }
	require.True(t, Either(true, never))
	require.True(t, Either(false, func() bool { return true }))
	require.False(t, Either(false, func() bool { return false }))
}

func TestDecode(t *testing.T) {
	t.Parallel()
	got, err := Decode("a")
	require.NoError(t, err)
	require.Equal(t, "A", got)
	_, err = Decode("")
	require.Error(t, err)
}

func TestFind(t *testing.T) {
	t.Parallel()
	_, err := Find(-1)
	require.ErrorIs(t, err, ErrNegative)
	found, err := Find(2, 1, 3, 2, 0, -1)
	require.ErrorIs(t, err, ErrNegative)
	require.Equal(t, 3, found)
	found, err = Find(0, 0, 3)
	require.NoError(t, err)
	require.Equal(t, 3, found)
}

func TestMust(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a", Must("a"))
	require.Panics(t, func() { Must("") })
}

func TestFirst(t *testing.T) {
	t.Parallel()
	require.Equal(t, kind("a"), First([]kind{"a", "b"}))
	require.Empty(t, First(nil))
}

func TestChild(t *testing.T) {
	t.Parallel()
	output, err := Child()
	require.NoError(t, err)
	require.Equal(t, "5", string(output))
}

func ExampleNone() {
	_, ok := None[int]()
	fmt.Println(ok)
	// Output: false
}
