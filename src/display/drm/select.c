/* SPDX-License-Identifier: MIT */
/* What a card's connectors could show: which of them, in which mode, from which CRTC. */
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

void
choices_init(struct drm_choices *choices, const struct config_display *config)
{
	*choices = (struct drm_choices){ 0 };
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++) {
		struct drm_choice *choice = &choices->heads[i];

		if (!config_word(
			    config->connector, i, choice->wanted, sizeof(choice->wanted)))
			break;
	}
}

bool
choices_any(const struct drm_choices *choices)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (choices->heads[i].connector_id != 0)
			return true;
	return false;
}

static bool
is_auto(const struct drm_choice *choice)
{
	return strcmp(choice->wanted, "auto") == 0;
}

/* ------------------------------------------------------------------ one connector */

/* Whether the CRTC is another head's. */
static bool
is_taken(const struct drm_choices *choices, const struct drm_choice *mine, uint32_t crtc)
{
	for (uint32_t i = 0; i < CONFIG_CONNECTORS; i++)
		if (&choices->heads[i] != mine && choices->heads[i].crtc_id == crtc)
			return true;
	return false;
}

/* The CRTC that is lit for it or drives the connector already, else the first that could,
 * of those that are free. */
static bool
choose_crtc(int fd, const drmModeRes *res, const drmModeConnector *connector,
	const struct drm_choices *choices, struct drm_choice *choice)
{
	drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoder_id);
	uint32_t current = encoder ? encoder->crtc_id : 0, possible = 0;

	drmModeFreeEncoder(encoder);
	if (choice->lit)
		current = choice->crtc_id;
	for (int i = 0; i < connector->count_encoders; i++) {
		encoder = drmModeGetEncoder(fd, connector->encoders[i]);
		possible |= encoder ? encoder->possible_crtcs : 0;
		drmModeFreeEncoder(encoder);
	}
	choice->crtc_id = 0;
	for (int i = 0; i < MIN(res->count_crtcs, 32); i++) {
		if (!(possible >> i & 1) || is_taken(choices, choice, res->crtcs[i]))
			continue;
		if (choice->crtc_id == 0 || res->crtcs[i] == current) {
			choice->crtc_id = res->crtcs[i];
			choice->crtc = i;
		}
	}
	return choice->crtc_id != 0;
}

static bool
link_is_bad(int fd, const drmModeConnector *connector)
{
	bool bad = false;

	for (int i = 0; i < connector->count_props; i++) {
		drmModePropertyRes *prop = drmModeGetProperty(fd, connector->props[i]);

		if (prop && strcmp(prop->name, "link-status") == 0)
			bad = connector->prop_values[i] == DRM_MODE_LINK_STATUS_BAD;
		drmModeFreeProperty(prop);
	}
	return bad;
}

/* Lightable?  Some sockets cannot tell whether they are connected; they count when they
 * are asked for by name. */
static bool
choose_connector(int fd, const drmModeRes *res, const drmModeConnector *connector,
	const struct config_display *config, const struct drm_choices *choices,
	struct drm_choice *choice)
{
	bool connected =
		connector->connection == DRM_MODE_CONNECTED ||
		(!is_auto(choice) && connector->connection == DRM_MODE_UNKNOWNCONNECTION);

	if (!connected)
		return false;
	choose_modes(connector, &config->wanted_mode, choice);
	if (choice->n_modes == 0 || !choose_crtc(fd, res, connector, choices, choice))
		return false;
	choice->connector_id = connector->connector_id;
	choice->link_bad = link_is_bad(fd, connector);
	connector_name(connector, choice->connector, sizeof(choice->connector));
	return true;
}

/* ------------------------------------------------------------------ all of a card */

static bool
is_wanted(const drmModeConnector *connector, const struct drm_choice *choice)
{
	char name[32];

	connector_name(connector, name, sizeof(name));
	return connector->connector_type != DRM_MODE_CONNECTOR_WRITEBACK &&
	       (is_auto(choice) || strcmp(choice->wanted, name) == 0);
}

/* Asks for a name first, which costs nothing, and only then for what is connected. */
static bool
try_connector(int fd, const drmModeRes *res, uint32_t id,
	const struct config_display *config, bool probe, struct drm_choices *choices,
	struct drm_choice *choice)
{
	drmModeConnector *connector = drmModeGetConnectorCurrent(fd, id);
	bool chosen = false;

	if (connector && is_wanted(connector, choice)) {
		if (probe) {
			drmModeFreeConnector(connector);
			connector = drmModeGetConnector(fd, id);
		}
		chosen = connector &&
			 choose_connector(fd, res, connector, config, choices, choice);
	}
	drmModeFreeConnector(connector);
	return chosen;
}

int
card_look(const struct drm_card *card, const struct config_display *config, bool probe,
	struct drm_choices *choices)
{
	drmModeRes *res = drmModeGetResources(card->fd);

	if (!res)
		return -errno;
	for (uint32_t h = 0; h < CONFIG_CONNECTORS && *choices->heads[h].wanted; h++) {
		struct drm_choice *choice = &choices->heads[h];
		const uint32_t kept = choice->lit ? choice->connector_id : 0;
		const bool ask = probe || !choice->lit;
		bool chosen = kept != 0 && try_connector(card->fd, res, kept, config, ask,
						   choices, choice);

		for (int i = 0; i < res->count_connectors && !chosen; i++)
			chosen = res->connectors[i] != kept &&
				 try_connector(card->fd, res, res->connectors[i], config,
					 true, choices, choice);
		if (!chosen)
			choice->connector_id = choice->crtc_id = 0;
	}
	drmModeFreeResources(res);
	return 0;
}
