package model_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/internal/juju/model"
)

// BenchmarkUpdate sets one unit's status in a stored model of ten applications.
func BenchmarkUpdate(b *testing.B) {
	for name, store := range map[string]func(b *testing.B) model.Store{
		"file":    func(b *testing.B) model.Store { return model.FileStore(filepath.Join(b.TempDir(), "model.json")) },
		"journal": func(b *testing.B) model.Store { return model.JournalStore(filepath.Join(b.TempDir(), "model.json")) },
		"memory":  func(*testing.B) model.Store { return &model.MemoryStore{} },
		"none":    func(*testing.B) model.Store { return nil },
	} {
		b.Run(name, func(b *testing.B) {
			m, err := model.Open(b.Context(), model.State{}, model.Options{Store: store(b)})
			require.NoError(b, err)
			require.NoError(b, m.Update(b.Context(), func(s *model.State) error {
				for i := range 10 {
					if err := s.Deploy(fmt.Sprintf("app-n%d", i)[:5]+string(rune('a'+i)), charmWith(b, "peers: {p: {interface: i}}"), model.DeployOptions{Units: 3}); err != nil {
						return err
					}
				}
				return nil
			}))
			n := 0
			for b.Loop() {
				n++
				require.NoError(b, m.Update(b.Context(), func(s *model.State) error {
					return s.SetUnitStatus("app-na/0", "active", fmt.Sprint(n%2))
				}))
			}
		})
	}
}
