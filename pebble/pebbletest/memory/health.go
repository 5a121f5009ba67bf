package memory

import (
	"net/http"
	"slices"

	"github.com/charmkit/charmkit/pebble"
)

func (p *Pebble) getHealth(r *request) answer {
	level := pebble.Level(r.URL.Query().Get("level"))
	if level != "" && level != pebble.LevelAlive && level != pebble.LevelReady {
		return badRequest(`level must be "alive" or "ready"`)
	}
	names := commaSeparated(r, "names")
	for name := range p.currentPlan().layer.Checks {
		info := p.checkJSON(name)
		concerned := level == "" || info.Level == level || level == pebble.LevelReady && info.Level == pebble.LevelAlive
		if concerned && (len(names) == 0 || slices.Contains(names, name)) && info.Status == string(pebble.CheckDown) {
			return success(http.StatusBadGateway, []byte(`{"healthy":false}`))
		}
	}
	return success(http.StatusOK, []byte(`{"healthy":true}`))
}
