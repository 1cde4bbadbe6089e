// Answers what the API server's own RBAC code (k8s.io/kubernetes) says, for the tests that compare ours with it.
//
//	k8s-authorizer < questions > answers
//
// One JSON object a line, its "op" says what is asked; each gets one line of JSON at once. tests/unit/rbac_oracle.h has the list.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sort"

	"github.com/go-logr/logr"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/union"
	"k8s.io/apiserver/pkg/endpoints/filters/impersonation"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"
	"k8s.io/client-go/tools/cache"
	comparator "k8s.io/component-helpers/auth/rbac/validation"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacv1helpers "k8s.io/kubernetes/pkg/apis/rbac/v1"
	clusterrolepolicy "k8s.io/kubernetes/pkg/registry/rbac/clusterrole/policybased"
	clusterbindingpolicy "k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding/policybased"
	rolepolicy "k8s.io/kubernetes/pkg/registry/rbac/role/policybased"
	bindingpolicy "k8s.io/kubernetes/pkg/registry/rbac/rolebinding/policybased"
	"k8s.io/kubernetes/pkg/registry/rbac/validation"
	rbacauthorizer "k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
)

type question struct {
	Op          string            `json:"op"`
	Objects     []json.RawMessage `json:"objects"`
	Object      json.RawMessage   `json:"object"`
	Old         json.RawMessage   `json:"old"`
	User        string            `json:"user"`
	Groups      []string          `json:"groups"`
	Verb        string            `json:"verb"`
	Group       string            `json:"group"`
	Resource    string            `json:"resource"`
	Subresource string            `json:"subresource"`
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace"`
	Path        *string           `json:"path"`

	Owner   []rbacv1.PolicyRule `json:"owner"`
	Servant []rbacv1.PolicyRule `json:"servant"`
	As      struct {
		User   string              `json:"user"`
		UID    string              `json:"uid"`
		Groups []string            `json:"groups"`
		Extra  map[string][]string `json:"extra"`
		Node   string              `json:"node"`
	} `json:"as"`
	Method string `json:"method"`
	URL    string `json:"url"`
}

// world holds the objects that are asked about, through the same listers as in the API server.
type world struct {
	roles         rbacauthorizer.RoleGetter
	clusterRoles  rbacauthorizer.ClusterRoleGetter
	clusterBinds  orderedClusterBindings
	authorizer    authorizer.Authorizer
	resolver      validation.AuthorizationRuleResolver
	subjects      *rbacauthorizer.SubjectAccessEvaluator
	aggregateOver rbaclisters.ClusterRoleLister
}

// The lister of an informer gives a random order; which binding is named first is then chance. Here it is the order given.
type orderedClusterBindings []*rbacv1.ClusterRoleBinding

func (o orderedClusterBindings) ListClusterRoleBindings(context.Context) ([]*rbacv1.ClusterRoleBinding, error) {
	return o, nil
}

type orderedBindings map[string][]*rbacv1.RoleBinding

func (o orderedBindings) ListRoleBindings(_ context.Context, namespace string) ([]*rbacv1.RoleBinding, error) {
	return o[namespace], nil
}

func newWorld(objects []json.RawMessage) (*world, error) {
	byNamespace := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	roles := cache.NewIndexer(cache.MetaNamespaceKeyFunc, byNamespace)
	clusterRoles := cache.NewIndexer(cache.MetaNamespaceKeyFunc, byNamespace)
	bindings := orderedBindings{}
	w := &world{}
	for _, raw := range objects {
		var kind metav1.TypeMeta
		if err := json.Unmarshal(raw, &kind); err != nil {
			return nil, err
		}
		var err error
		switch kind.Kind {
		case "Role":
			o := &rbacv1.Role{}
			if err = json.Unmarshal(raw, o); err == nil {
				err = addFirst(roles, o)
			}
		case "ClusterRole":
			o := &rbacv1.ClusterRole{}
			if err = json.Unmarshal(raw, o); err == nil {
				err = addFirst(clusterRoles, o)
			}
		case "RoleBinding":
			o := &rbacv1.RoleBinding{}
			err = json.Unmarshal(raw, o)
			bindings[o.Namespace] = append(bindings[o.Namespace], o)
		case "ClusterRoleBinding":
			o := &rbacv1.ClusterRoleBinding{}
			err = json.Unmarshal(raw, o)
			w.clusterBinds = append(w.clusterBinds, o)
		}
		if err != nil {
			return nil, err
		}
	}
	w.roles = rbacauthorizer.RoleGetter{Lister: rbaclisters.NewRoleLister(roles)}
	w.clusterRoles = rbacauthorizer.ClusterRoleGetter{Lister: rbaclisters.NewClusterRoleLister(clusterRoles)}
	w.aggregateOver = rbaclisters.NewClusterRoleLister(clusterRoles)
	w.authorizer = rbacauthorizer.New(&w.roles, bindings, &w.clusterRoles, w.clusterBinds)
	w.resolver = validation.NewDefaultRuleResolver(&w.roles, bindings, &w.clusterRoles, w.clusterBinds)
	w.subjects = rbacauthorizer.NewSubjectAccessEvaluator(&w.roles, bindings, &w.clusterRoles, w.clusterBinds, "")
	return w, nil
}

// Of two roles of one name the first counts; a cluster cannot have two.
func addFirst(indexer cache.Indexer, o interface{}) error {
	if _, exists, err := indexer.Get(o); exists || err != nil {
		return err
	}
	return indexer.Add(o)
}

func (q *question) attributes() authorizer.AttributesRecord {
	who := &user.DefaultInfo{Name: q.User, Groups: q.Groups}
	if q.Path != nil {
		return authorizer.AttributesRecord{User: who, Verb: q.Verb, Path: *q.Path}
	}
	return authorizer.AttributesRecord{User: who, Verb: q.Verb, APIGroup: q.Group, Resource: q.Resource, Subresource: q.Subresource,
		Name: q.Name, Namespace: q.Namespace, ResourceRequest: true}
}

func (w *world) ask(q *question) (any, error) {
	decision, _, err := w.authorizer.Authorize(context.Background(), q.attributes())
	return decision == authorizer.DecisionAllow, err
}

func (w *world) why(q *question) (any, error) {
	decision, reason, err := w.authorizer.Authorize(context.Background(), q.attributes())
	if decision != authorizer.DecisionAllow {
		reason = ""
	}
	return reason, err
}

// --- impersonation: the API server's own filters, with nothing behind them

func (q *question) headers() http.Header {
	headers := http.Header{}
	if q.As.User != "" {
		headers.Set("Impersonate-User", q.As.User)
	}
	if q.As.UID != "" {
		headers.Set("Impersonate-Uid", q.As.UID)
	}
	for _, group := range q.As.Groups {
		headers.Add("Impersonate-Group", group)
	}
	for key, values := range q.As.Extra {
		for _, value := range values {
			headers.Add("Impersonate-Extra-"+key, value)
		}
	}
	return headers
}

func (w *world) impersonate(q *question, filter func(http.Handler, authorizer.Authorizer, runtime.NegotiatedSerializer) http.Handler) (any, error) {
	who := &user.DefaultInfo{Name: q.User, Groups: q.Groups}
	if q.As.Node != "" {
		who.Extra = map[string][]string{serviceaccount.NodeNameKey: {q.As.Node}}
	}
	info := &request.RequestInfo{IsResourceRequest: q.Path == nil, Verb: q.Verb, APIGroup: q.Group, Resource: q.Resource,
		Subresource: q.Subresource, Name: q.Name, Namespace: q.Namespace}
	if q.Path != nil {
		info.Path = *q.Path
	}
	ctx := request.WithRequestInfo(request.WithUser(context.Background(), who), info)
	req := (&http.Request{Method: "GET", URL: &url.URL{Path: "/"}, Header: q.headers()}).WithContext(ctx)
	var then any
	behind := http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		if u, _ := request.UserFrom(req.Context()); u != who {
			then = [2]any{u.GetName(), u.GetGroups()}
		}
	})
	chain := union.New(authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup), w.authorizer)
	recorder := httptest.NewRecorder()
	filter(behind, chain, codecs).ServeHTTP(recorder, req)
	if recorder.Code != http.StatusOK {
		return recorder.Code, nil
	}
	return then, nil
}

var codecs = func() serializer.CodecFactory {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, metav1.SchemeGroupVersion)
	return serializer.NewCodecFactory(scheme)
}()

// Every subject of every binding that allows it. The group system:masters, which stands first upstream, is left out: it is no
// matter of RBAC.
func (w *world) who(q *question) (any, error) {
	subjects, _ := w.subjects.AllowedSubjects(context.Background(), q.attributes())
	out := [][3]string{}
	for _, s := range subjects[1:] {
		if s.Kind != rbacv1.UserKind && s.Kind != rbacv1.GroupKind && s.Kind != rbacv1.ServiceAccountKind {
			continue // nobody
		}
		out = append(out, [3]string{s.Kind, s.Name, s.Namespace})
	}
	return out, nil
}

type plainRule struct {
	Verbs           []string `json:"verbs"`
	APIGroups       []string `json:"apiGroups,omitempty"`
	Resources       []string `json:"resources,omitempty"`
	ResourceNames   []string `json:"resourceNames,omitempty"`
	NonResourceURLs []string `json:"nonResourceURLs,omitempty"`
}

func plain(rules []rbacv1.PolicyRule) []plainRule {
	out := []plainRule{}
	for _, r := range rules {
		verbs := r.Verbs
		if verbs == nil {
			verbs = []string{}
		}
		out = append(out, plainRule{verbs, r.APIGroups, r.Resources, r.ResourceNames, r.NonResourceURLs})
	}
	return out
}

func (w *world) rules(q *question) (any, error) {
	rules, _ := w.resolver.RulesFor(context.Background(), &user.DefaultInfo{Name: q.User, Groups: q.Groups}, q.Namespace)
	return plain(rules), nil
}

func covers(q *question) (any, error) {
	covered, uncovered := comparator.Covers(q.Owner, q.Servant)
	return map[string]any{"covered": covered, "uncovered": plain(uncovered)}, nil
}

// Upstream gives the united rules in the order of a map; sorted here, the others stay in front.
func compact(q *question) (any, error) {
	rules, err := validation.CompactRules(q.Owner)
	if err != nil {
		return nil, err
	}
	out := plain(rules)
	sort.SliceStable(out, func(i, k int) bool {
		a, _ := json.Marshal(out[i])
		b, _ := json.Marshal(out[k])
		return string(a) < string(b)
	})
	return out, nil
}

func requestInfo(q *question) (any, error) {
	target := &url.URL{} // as the HTTP server reads the request line
	if q.URL != "" {
		var err error
		if target, err = url.ParseRequestURI(q.URL); err != nil {
			return map[string]any{"error": "url"}, nil
		}
	}
	factory := request.RequestInfoFactory{APIPrefixes: sets.NewString("api", "apis"), GrouplessAPIPrefixes: sets.NewString("api")}
	info, err := factory.NewRequestInfo(&http.Request{Method: q.Method, URL: target})
	if err != nil {
		return map[string]any{"error": "resource"}, nil
	}
	if !info.IsResourceRequest {
		return map[string]any{"verb": info.Verb, "path": info.Path}, nil
	}
	return map[string]any{"verb": info.Verb, "group": info.APIGroup, "version": info.APIVersion, "resource": info.Resource,
		"subresource": info.Subresource, "name": info.Name, "namespace": info.Namespace,
		"fieldSelector": info.FieldSelector, "labelSelector": info.LabelSelector}, nil
}

func account(q *question) (any, error) {
	namespace, name, err := serviceaccount.SplitUsername(q.User)
	if err != nil {
		return nil, nil
	}
	return [2]string{namespace, name}, nil
}

// aggregate does for one ClusterRole what the clusterrole-aggregation controller does (syncClusterRole cannot be called: it
// wants a client). The selectors are read and matched by upstream code.
func (w *world) aggregate(q *question) (any, error) {
	role, err := w.aggregateOver.Get(q.Name)
	if err != nil || role.AggregationRule == nil {
		return nil, nil
	}
	rules, err := w.aggregated(role)
	return plain(rules), err
}

// settle lets the controller run until it has nothing to do any more; so many rounds as there are roles are enough for a chain.
func (w *world) settle() (any, error) {
	out := map[string][]plainRule{}
	all, err := w.aggregateOver.List(labels.Everything())
	for range all {
		for _, role := range all {
			if role.AggregationRule == nil || err != nil {
				continue
			}
			role.Rules, err = w.aggregated(role)
			out[role.Name] = plain(role.Rules)
		}
	}
	return out, err
}

func (w *world) aggregated(role *rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	rules := []rbacv1.PolicyRule{}
	for i := range role.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			return nil, err
		}
		found, err := w.aggregateOver.List(selector)
		if err != nil {
			return nil, err
		}
		sort.Slice(found, func(i, k int) bool { return found[i].Name < found[k].Name })
		for _, other := range found {
			for _, rule := range other.Rules {
				if other.Name != role.Name && !has(rules, rule) {
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules, nil
}

// --- writing a role or a binding: the API server's own storages with nothing behind them

type nowhere struct {
	rest.StandardStorage
	old runtime.Object
}

func (nowhere) Create(_ context.Context, o runtime.Object, _ rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	return o, nil
}

func (n nowhere) Update(ctx context.Context, _ string, info rest.UpdatedObjectInfo, _ rest.ValidateObjectFunc,
	_ rest.ValidateObjectUpdateFunc, _ bool, _ *metav1.UpdateOptions) (runtime.Object, bool, error) {
	o, err := info.UpdatedObject(ctx, n.old)
	return o, false, err
}

type writer interface {
	rest.Creater
	rest.Updater
}

// internal reads an object into the version that storages work with.
func internal(kind string, raw json.RawMessage) (runtime.Object, error) {
	switch kind {
	case "Role":
		v1, o := &rbacv1.Role{}, &rbac.Role{}
		return o, errors.Join(json.Unmarshal(raw, v1), rbacv1helpers.Convert_v1_Role_To_rbac_Role(v1, o, nil))
	case "ClusterRole":
		v1, o := &rbacv1.ClusterRole{}, &rbac.ClusterRole{}
		return o, errors.Join(json.Unmarshal(raw, v1), rbacv1helpers.Convert_v1_ClusterRole_To_rbac_ClusterRole(v1, o, nil))
	case "RoleBinding":
		v1, o := &rbacv1.RoleBinding{}, &rbac.RoleBinding{}
		return o, errors.Join(json.Unmarshal(raw, v1), rbacv1helpers.Convert_v1_RoleBinding_To_rbac_RoleBinding(v1, o, nil))
	case "ClusterRoleBinding":
		v1, o := &rbacv1.ClusterRoleBinding{}, &rbac.ClusterRoleBinding{}
		return o, errors.Join(json.Unmarshal(raw, v1), rbacv1helpers.Convert_v1_ClusterRoleBinding_To_rbac_ClusterRoleBinding(v1, o, nil))
	}
	return nil, fmt.Errorf("no kind %q", kind)
}

func (w *world) storage(kind string, old runtime.Object) (writer, string) {
	switch kind {
	case "Role":
		return rolepolicy.NewStorage(nowhere{old: old}, w.authorizer, w.resolver), "roles"
	case "ClusterRole":
		return clusterrolepolicy.NewStorage(nowhere{old: old}, w.authorizer, w.resolver), "clusterroles"
	case "RoleBinding":
		return bindingpolicy.NewStorage(nowhere{old: old}, w.authorizer, w.resolver), "rolebindings"
	}
	return clusterbindingpolicy.NewStorage(nowhere{old: old}, w.authorizer, w.resolver), "clusterrolebindings"
}

func (w *world) write(q *question) (any, error) {
	var meta struct {
		metav1.TypeMeta
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	if err := json.Unmarshal(q.Object, &meta); err != nil {
		return nil, err
	}
	object, err := internal(meta.Kind, q.Object)
	var old runtime.Object
	if q.Old != nil && err == nil {
		old, err = internal(meta.Kind, q.Old)
	}
	if err != nil {
		return nil, err
	}
	storage, resource := w.storage(meta.Kind, old)
	ctx := request.WithUser(request.NewContext(), &user.DefaultInfo{Name: q.User, Groups: q.Groups})
	ctx = request.WithNamespace(ctx, meta.Metadata.Namespace)
	ctx = request.WithRequestInfo(ctx, &request.RequestInfo{IsResourceRequest: true, APIGroup: rbac.GroupName, APIVersion: "v1",
		Resource: resource, Namespace: meta.Metadata.Namespace, Name: q.Name})
	if old == nil {
		_, err = storage.Create(ctx, object, nil, nil)
	} else {
		_, _, err = storage.Update(ctx, q.Name, rest.DefaultUpdatedObjectInfo(object), nil, nil, false, nil)
	}
	return err == nil, nil
}

func answer(w **world, q *question) (any, error) {
	switch q.Op {
	case "world":
		next, err := newWorld(q.Objects)
		if err == nil {
			*w = next
		}
		return err == nil, err
	case "ask":
		return (*w).ask(q)
	case "impersonate":
		return (*w).impersonate(q, impersonation.WithImpersonation)
	case "impersonate_on":
		return (*w).impersonate(q, impersonation.WithConstrainedImpersonation)
	case "why":
		return (*w).why(q)
	case "who":
		return (*w).who(q)
	case "rules":
		return (*w).rules(q)
	case "settle":
		return (*w).settle()
	case "aggregate":
		return (*w).aggregate(q)
	case "write":
		return (*w).write(q)
	case "covers":
		return covers(q)
	case "compact":
		return compact(q)
	case "request":
		return requestInfo(q)
	case "account":
		return account(q)
	}
	return nil, fmt.Errorf("no such op %q", q.Op)
}

func run(in io.Reader, out io.Writer) error {
	reader, writer := bufio.NewReaderSize(in, 1<<20), bufio.NewWriterSize(out, 1<<20)
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	w, _ := newWorld(nil)
	for n := 1; ; n++ {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF {
			return writer.Flush()
		}
		if err != nil {
			return err
		}
		var q question
		if err := json.Unmarshal(line, &q); err != nil {
			return fmt.Errorf("question %d: %w", n, err)
		}
		said, err := answer(&w, &q)
		if err != nil {
			return fmt.Errorf("question %d: %w", n, err)
		}
		if err := encoder.Encode(said); err != nil {
			return err
		}
		if reader.Buffered() == 0 {
			if err := writer.Flush(); err != nil {
				return err
			}
		}
	}
}

func main() {
	klog.SetLogger(logr.Discard()) // requests that cannot be decoded are what the tests send
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "k8s-authorizer:", err)
		os.Exit(1)
	}
}

func has(rules []rbacv1.PolicyRule, rule rbacv1.PolicyRule) bool {
	for _, r := range rules {
		if equality.Semantic.DeepEqual(r, rule) {
			return true
		}
	}
	return false
}
