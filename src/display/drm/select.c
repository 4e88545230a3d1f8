/* SPDX-License-Identifier: MIT */
/* Assigns a card's connectors, modes and CRTCs to what the config names. */
#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "display/drm/drm.h"

void
connector_name(const drmModeConnector *connector, char *name, size_t len)
{
	const char *type = drmModeGetConnectorTypeName(connector->connector_type);

	snprintf(name, len, "%s-%u", type ? type : "Unknown",
		connector->connector_type_id);
}

const char *
connector_state(const drmModeConnector *connector)
{
	switch (connector->connection) {
	case DRM_MODE_CONNECTED:
		return "connected";
	case DRM_MODE_DISCONNECTED:
		return "not connected";
	default:
		return "cannot tell whether anything is connected";
	}
}

void
assignments_init(struct drm_assignments *assignments, const struct config_display *config)
{
	*assignments = (struct drm_assignments){ 0 };
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		assignments->outputs[i].index = i;
		memcpy(assignments->outputs[i].wanted, config->outputs[i].connector,
			sizeof(assignments->outputs[i].wanted));
	}
}

bool
assignments_any(const struct drm_assignments *assignments)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (assignments->outputs[i].connector_id != 0)
			return true;
	return false;
}

bool
assignments_wanted(const struct drm_assignments *assignments)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (assignments->outputs[i].wanted[0] != '\0')
			return true;
	return false;
}

static bool
is_auto(const struct drm_assignment *assignment)
{
	return strcmp(assignment->wanted, "auto") == 0;
}

bool
connector_matches(
	const drmModeConnector *connector, const struct drm_assignment *assignment)
{
	char name[32];

	connector_name(connector, name, sizeof(name));
	return connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK &&
	       (is_auto(assignment) || strcmp(assignment->wanted, name) == 0);
}

/* ------------------------------------------------------------------ one connector */

/* Whether the CRTC is assigned to another output. */
static bool
is_taken(const struct drm_assignments *assignments, const struct drm_assignment *mine,
	uint32_t crtc)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (&assignments->outputs[i] != mine &&
			assignments->outputs[i].crtc_id == crtc)
			return true;
	return false;
}

/* Prefers the CRTC that drives the connector already, else takes the first that could, of
 * those that are free. */
static bool
choose_crtc(int fd, const drmModeRes *res, const drmModeConnector *connector,
	const struct drm_assignments *assignments, struct drm_assignment *assignment)
{
	drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoder_id);
	uint32_t current = encoder ? encoder->crtc_id : 0, possible = 0;

	drmModeFreeEncoder(encoder);
	if (assignment->enabled)
		current = assignment->crtc_id;
	for (int i = 0; i < connector->count_encoders; i++) {
		encoder = drmModeGetEncoder(fd, connector->encoders[i]);
		possible |= encoder ? encoder->possible_crtcs : 0;
		drmModeFreeEncoder(encoder);
	}
	assignment->crtc_id = 0;
	for (int i = 0; i < MIN(res->count_crtcs, 32); i++) {
		if (!(possible >> i & 1) ||
			is_taken(assignments, assignment, res->crtcs[i]))
			continue;
		if (assignment->crtc_id == 0 || res->crtcs[i] == current) {
			assignment->crtc_id = res->crtcs[i];
			assignment->crtc = i;
		}
	}
	return assignment->crtc_id != 0;
}

static bool
is_link_bad(int fd, const drmModeConnector *connector)
{
	return property_value(fd, (uint32_t)connector->count_props, connector->props,
		       connector->prop_values, "link-status",
		       DRM_MODE_LINK_STATUS_GOOD) == DRM_MODE_LINK_STATUS_BAD;
}

/* Connectors that cannot tell whether they are connected count if configured by name. */
static bool
choose_connector(int fd, const drmModeRes *res, const drmModeConnector *connector,
	const struct config_display *config, const struct drm_assignments *assignments,
	struct drm_assignment *assignment)
{
	bool connected = connector->connection == DRM_MODE_CONNECTED ||
			 (!is_auto(assignment) &&
				 connector->connection == DRM_MODE_UNKNOWNCONNECTION);

	if (!connected)
		return false;
	mode_select(connector, &config->outputs[assignment->index].mode, assignment);
	if (assignment->n_modes == 0 ||
		!choose_crtc(fd, res, connector, assignments, assignment))
		return false;
	assignment->connector_id = connector->connector_id;
	assignment->link_bad = is_link_bad(fd, connector);
	connector_name(connector, assignment->connector, sizeof(assignment->connector));
	return true;
}

/* ------------------------------------------------------------------ a card */

/* Checks the name first, which is cheap, and only then probes. */
static bool
try_connector(int fd, const drmModeRes *res, uint32_t id,
	const struct config_display *config, bool probe,
	struct drm_assignments *assignments, struct drm_assignment *assignment)
{
	drmModeConnector *connector = drmModeGetConnectorCurrent(fd, id);
	bool chosen = false;

	if (connector && connector_matches(connector, assignment)) {
		if (probe) {
			drmModeFreeConnector(connector);
			connector = drmModeGetConnector(fd, id);
		}
		chosen = connector && choose_connector(fd, res, connector, config,
					      assignments, assignment);
	}
	drmModeFreeConnector(connector);
	return chosen;
}

int
card_assign(const struct drm_card *card, const struct config_display *config, bool probe,
	struct drm_assignments *assignments)
{
	drmModeRes *res = drmModeGetResources(card->fd);

	if (!res)
		return -errno;
	for (uint32_t k = 0; k < CONFIG_CONNECTORS; k++) {
		struct drm_assignment *assignment = &assignments->outputs[k];
		const uint32_t kept = assignment->enabled ? assignment->connector_id : 0;
		const bool ask = probe || !assignment->enabled;
		bool chosen = *assignment->wanted && kept != 0 &&
			      try_connector(card->fd, res, kept, config, ask, assignments,
				      assignment);

		for (int i = 0;
			*assignment->wanted && i < res->count_connectors && !chosen; i++)
			chosen = res->connectors[i] != kept &&
				 try_connector(card->fd, res, res->connectors[i], config,
					 true, assignments, assignment);
		if (!chosen)
			assignment->connector_id = assignment->crtc_id = 0;
	}
	drmModeFreeResources(res);
	return 0;
}

/* ------------------------------------------------------------------ all connectors */

/* What is found on all cards. */
struct census {
	struct drm_assignments wanted;
	bool found[CONFIG_CONNECTORS];
	char names[DRM_REASON_MAX];
};

static void
count_connector(const drmModeConnector *connector, void *arg)
{
	struct census *census = arg;
	size_t used = strlen(census->names);
	char name[32];

	connector_name(connector, name, sizeof(name));
	snprintf(census->names + used, sizeof(census->names) - used, "%s%s",
		used ? ", " : "", name);
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		census->found[i] |=
			connector_matches(connector, &census->wanted.outputs[i]);
}

bool
connectors_named(const struct config_display *config, char *text, size_t len)
{
	size_t used = 0;

	*text = '\0';
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const char *name = config->outputs[i].connector;

		if (*name && used < len)
			used += (size_t)snprintf(
				text + used, len - used, "%s%s", used ? " " : "", name);
	}
	return strcmp(text, "auto") != 0;
}

bool
connectors_unknown(const struct config_display *config, char *text, size_t len)
{
	char paths[DRM_CARDS_MAX][DRM_PATH_MAX], why[DRM_REASON_MAX];
	/* each with what separates it */
	char absent[CONFIG_CONNECTORS * (sizeof(config->outputs[0].connector) + 2)] = "";
	const uint32_t count = card_paths(config->device, paths);
	struct census census = { 0 };
	struct drm_card card;
	size_t used = 0;

	assignments_init(&census.wanted, config);
	if (!connectors_named(config, text, len))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (card_open(&card, paths[i], why) == 0) {
			card_each_connector(&card, false, count_connector, &census);
			card_close(&card);
		}
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		const char *name = census.wanted.outputs[i].wanted;

		if (*name && !census.found[i])
			used += (size_t)snprintf(absent + used, sizeof(absent) - used,
				"%s%s", used ? ", " : "", name);
	}
	if (used > 0 && *census.names)
		snprintf(text, len, "there is no connector %s; there are %s", absent,
			census.names);
	return used > 0 && *census.names;
}
