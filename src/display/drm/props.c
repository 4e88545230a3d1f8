/* SPDX-License-Identifier: MIT */
/* Reads properties of KMS objects, by name. */
#include <string.h>

#include "display/drm/drm.h"

uint64_t
property_value(int fd, uint32_t count, const uint32_t *ids, const uint64_t *values,
	const char *name, uint64_t otherwise)
{
	for (uint32_t i = 0; i < count; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, ids[i]);

		if (property && strcmp(property->name, name) == 0)
			otherwise = values[i];
		drmModeFreeProperty(property);
	}
	return otherwise;
}

uint64_t
plane_property(int fd, uint32_t plane_id, const char *name, uint64_t otherwise)
{
	drmModeObjectProperties *all =
		drmModeObjectGetProperties(fd, plane_id, DRM_MODE_OBJECT_PLANE);

	if (all)
		otherwise = property_value(fd, all->count_props, all->props,
			all->prop_values, name, otherwise);
	drmModeFreeObjectProperties(all);
	return otherwise;
}

bool
plane_has_format(const drmModePlane *plane, uint32_t format)
{
	for (uint32_t i = 0; i < plane->count_formats; i++)
		if (plane->formats[i] == format)
			return true;
	return false;
}
