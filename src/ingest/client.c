/* SPDX-License-Identifier: MIT */
/* Makes and closes what lies behind a mural_conn, and wakes it. */
#include "ingest/client.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "ingest/event.h"

static void
run_wake(struct job *job)
{
	struct client *client = container_of(job, struct client, wake);

	client->ready(client);
}

int
client_init(struct client *client, struct shard *shard, const struct sockaddr *peer)
{
	struct instance *instance = shard->instance;
	size_t state_size = instance->plugin->conn_size;

	*client = (struct client){
		.pub = {
			.size = sizeof(client->pub),
			.config = instance->config,
			.host = &instance->host,
			.peer = peer,
		},
		.shard = shard,
		.source = mural_source(&instance->host, peer),
		.wake.run = run_wake,
	};
	client->pub.state = state_size ? calloc(1, state_size) : NULL;
	return state_size && !client->pub.state ? -ENOMEM : 0;
}

void
client_close(struct client *client)
{
	events_close(&client->events);
	worker_unsend(client->shard->worker, &client->wake);
}

void
client_finish(struct client *client)
{
	free(client->pub.state);
}

void
client_check_serving(const struct client *client, const char *function)
{
	const struct worker *worker = client->shard->worker;

	worker_check(worker, client->pub.host->name, function);
	if (worker->serving == client)
		return;
	log_error("%s: the plugin called %s() outside its callbacks for that connection; "
		  "mural-plugin(7) says when it may",
		client->pub.host->name, function);
	abort();
}

int
mural_reply(struct mural_conn *pub, const void *data, size_t len)
{
	struct client *client = container_of(pub, struct client, pub);

	return client->reply(client, data, len);
}

void
mural_wake(struct mural_conn *pub)
{
	struct client *client = container_of(pub, struct client, pub);

	worker_send_once(client->shard->worker, &client->wake);
}
