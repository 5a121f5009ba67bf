package controller

import (
	"encoding/json"
	"reflect"
	"strings"
	"unsafe"

	charmresource "github.com/juju/charm/v12/resource"
	"github.com/juju/clock"
	"github.com/juju/errors"
	"github.com/juju/names/v5"
	"gopkg.in/httprequest.v1"

	"github.com/juju/juju/apiserver/facades/agent/payloadshookcontext"
	"github.com/juju/juju/apiserver/facades/agent/resourceshookcontext"
	"github.com/juju/juju/apiserver/facades/agent/secretsmanager"
	"github.com/juju/juju/core/leadership"
	"github.com/juju/juju/core/resources"
	"github.com/juju/juju/secrets/provider"
)

// unusedSecretsState completes secretStore to what the facade asks for.
type unusedSecretsState struct {
	secretsmanager.SecretsState
	secretsmanager.SecretsConsumer
}

// Connect returns a unit agent's connection.
func (c *Controller) Connect(unit string) *Caller {
	store := secretStore{Controller: c}
	secretsAPI := c.secretsManager(unit, store)
	application := applicationOf(unit)
	return &Caller{
		model: names.NewModelTag(c.World.UUID),
		facades: map[string]any{
			"Uniter":               &uniter{Controller: c, name: unit, secrets: secretsAPI},
			"SecretsManager":       secretsAPI,
			"ResourcesHookContext": resourceshookcontext.NewUnitFacade(resourceStore{c, application}),
			"PayloadsHookContext":  payloadshookcontext.NewUnitFacade(payloadStore{c.World.Units[unit]}),
		},
		http: &httprequest.Client{BaseURL: "https://" + append(c.World.APIAddresses, "controller")[0] + "/model/" + c.World.UUID, Doer: resourceStore{c, application}, UnmarshalError: unmarshalError},
	}
}

// secretsManager returns Juju's facade over the store. Its constructor wants a
// database, so its fields are filled in from here.
func (c *Controller) secretsManager(unit string, store secretStore) *secretsmanager.SecretsManagerAPI {
	api := &secretsmanager.SecretsManagerAPI{}
	set(api, "leadershipChecker", leadership.Checker(c))
	set(api, "secretsState", secretsmanager.SecretsState(store))
	set(api, "secretsConsumer", secretsmanager.SecretsConsumer(store))
	set(api, "authTag", names.Tag(names.NewUnitTag(unit)))
	set(api, "clock", clock.Clock(clock.WallClock))
	set(api, "modelUUID", c.World.UUID)
	field(api, "authorizer").Set(reflect.ValueOf(unitAuthorizer{unit: names.NewUnitTag(unit)}))
	set(api, "backendConfigGetter", func([]string, bool) (*provider.ModelBackendConfigInfo, error) {
		return nil, errors.NotFoundf("external secret backend")
	})
	return api
}

func field(object any, name string) reflect.Value {
	f := reflect.ValueOf(object).Elem().FieldByName(name)
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem()
}

func set[T any](object any, name string, value T) {
	f := field(object, name)
	f.Set(reflect.ValueOf(value).Convert(f.Type()))
}

// resourceStore serves an application's resources: what is known of them, and
// over HTTP their content.
type resourceStore struct {
	c           *Controller
	application string
}

func (s resourceStore) resource(name string) (resources.Resource, string, error) {
	missing := errors.NotFoundf("resource#%s/%s", s.application, name)
	meta := s.c.Meta(s.application)
	if meta == nil {
		return resources.Resource{}, "", missing
	}
	m, ok := meta.Resources[name]
	content, attached := s.c.World.Applications[s.application].Resources[name]
	if !ok {
		return resources.Resource{}, "", missing
	}
	if !attached {
		return resources.Resource{}, "", errors.NotFoundf("resource %q", name)
	}
	if m.Type == charmresource.TypeContainerImage {
		// As the store of images keeps it: the world has the image's name.
		data, err := json.Marshal(resources.DockerImageDetails{RegistryPath: content})
		if err != nil {
			return resources.Resource{}, "", err
		}
		content = string(data)
	}
	fp, err := charmresource.GenerateFingerprint(strings.NewReader(content))
	if err != nil {
		return resources.Resource{}, "", err
	}
	return resources.Resource{
		Resource: charmresource.Resource{
			Meta: m, Origin: charmresource.OriginUpload, Fingerprint: fp, Size: int64(len(content)),
		},
		ID: s.application + "/" + name, ApplicationID: s.application, Username: "admin", Timestamp: Since,
	}, content, nil
}

// ListResources implements resourceshookcontext.UnitDataStore.
func (s resourceStore) ListResources() (resources.ApplicationResources, error) {
	var all resources.ApplicationResources
	for name := range s.c.World.Applications[s.application].Resources {
		r, _, err := s.resource(name)
		if err != nil {
			return all, err
		}
		all.Resources = append(all.Resources, r)
	}
	return all, nil
}
