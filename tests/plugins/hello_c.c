/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest useful C plugin: a collector that publishes one greeting per interval. C11 and the C ABI only. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sonde/abi.h>
#include <sonde/c/envelope.h>
#include <sonde/c/wire.h>

#define TOPIC "raw/hello_c/"
#define RECORD_SIZE 512
#define MILLISECOND INT64_C(1000000)

typedef struct greeter {
    const sonde_host* host;
    const sonde_host_lane* lane;
    const sonde_host_clock* clock;
    uint32_t stream;
    int64_t interval; /* ns */
} greeter;

static sonde_rc failure(sonde_error* error, sonde_rc code, const char* text) {
    if (error != NULL && error->struct_size >= sizeof *error) {
        error->code = code;
        snprintf(error->text, sizeof error->text, "%s", text);
    }
    return code;
}

static sonde_rc create(const sonde_host* host, void** self, sonde_error* error) {
    greeter* made = calloc(1, sizeof *made);
    if (made == NULL) {
        return failure(error, SONDE_EXHAUSTED, "out of memory");
    }
    made->host = host;
    made->lane = host->get_extension(host, SONDE_HOST_LANE);
    made->clock = host->get_extension(host, SONDE_HOST_CLOCK);
    if (made->lane == NULL || made->clock == NULL) {
        free(made);
        return failure(error, SONDE_UNSUPPORTED, "this host offers no lane or no clock");
    }
    *self = made;
    return SONDE_OK;
}

static sonde_rc configure(void* self, const sonde_config* config, sonde_error* error) {
    greeter* me = self;
    const unsigned char* at = (const unsigned char*)config->values;
    uint32_t i;
    (void)error;
    for (i = 0; i < config->value_count; i++, at += config->value_size) {
        const sonde_value* value = (const sonde_value*)at;
        if (strcmp(value->key, "interval") == 0) {
            me->interval = value->integer;
        }
    }
    return SONDE_OK;
}

static sonde_rc start(void* self, sonde_error* error) {
    greeter* me = self;
    const sonde_str topic = {TOPIC, sizeof TOPIC - 1};
    const sonde_rc rc = me->lane->open_stream(me->host, topic, &me->stream);
    return rc == SONDE_OK ? SONDE_OK : failure(error, rc, "cannot open the stream " TOPIC);
}

static sonde_rc publish(const greeter* me) {
    sonde_buffer buffer = {0};
    sonde_wire out;
    uint8_t* envelope;
    sonde_rc rc;
    buffer.struct_size = sizeof buffer;
    rc = me->lane->reserve(me->host, me->stream, RECORD_SIZE, 0, &buffer);
    if (rc != SONDE_OK) {
        return rc; /* the host has counted the loss */
    }
    out = sonde_wire_over(buffer.data, buffer.capacity);
    envelope = sonde_wire_open(&out, SONDE_BATCH_FIELD_ENVELOPE);
    sonde_wire_fixed64(&out, SONDE_ENVELOPE_FIELD_TIME, (uint64_t)me->clock->wall(me->host));
    sonde_wire_uint(&out, SONDE_ENVELOPE_FIELD_CLOCK, 2); /* the collector's clock */
    sonde_wire_text(&out, SONDE_ENVELOPE_FIELD_CONTENT_TYPE, "text/plain");
    sonde_wire_uint(&out, SONDE_ENVELOPE_FIELD_REVISION, 1);
    sonde_wire_text(&out, SONDE_ENVELOPE_FIELD_DATA, "hello from C");
    sonde_wire_close(&out, envelope);
    if (out.overflow) {
        me->lane->abort(me->host, &buffer);
        me->lane->drop(me->host, me->stream, 1, RECORD_SIZE, SONDE_REASON_OVERSIZE);
        return SONDE_DROPPED;
    }
    return me->lane->commit(me->host, &buffer, sonde_wire_size(&out), 1);
}

static sonde_rc run(void* self, const sonde_run* run, sonde_error* error) {
    greeter* me = self;
    struct pollfd wake = {run->wake_fd, POLLIN, 0};
    (void)error;
    for (;;) {
        const int64_t until = me->clock->monotonic(me->host) + me->interval;
        int64_t left = me->interval;
        (void)publish(me);
        me->lane->flush(me->host);
        while (left > 0) {
            if (poll(&wake, 1, (int)((left + MILLISECOND - 1) / MILLISECOND)) > 0 &&
                (run->take_signals(run->context) & SONDE_SIGNAL_STOP) != 0) {
                return SONDE_OK;
            }
            left = until - me->clock->monotonic(me->host);
        }
    }
}

static sonde_rc stop(void* self, int64_t deadline, sonde_error* error) {
    (void)self;
    (void)deadline;
    (void)error;
    return SONDE_OK;
}

static void destroy(void* self) { free(self); }

static const void* get_extension(void* self, const char* id) {
    (void)self;
    (void)id;
    return NULL;
}

static const sonde_ops ops = {
    .struct_size = sizeof(sonde_ops),
    .configure = configure,
    .start = start,
    .run = run,
    .stop = stop,
    .destroy = destroy,
    .get_extension = get_extension,
};

static const sonde_option options[] = {{
    .key = "interval",
    .type = SONDE_OPTION_DURATION,
    .default_value = "1s",
    .minimum = "1ms",
    .maximum = "1h",
    .help = "Time between two greetings",
}};

static const char* const publishes[] = {TOPIC, NULL};

static const sonde_component greeter_component = {
    .struct_size = sizeof(sonde_component),
    .type = "hello_c",
    .summary = "Publishes a greeting at a fixed interval, written in C",
    .description = "A sample that uses nothing but the C ABI.",
    .stability = "stable",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_size = sizeof(sonde_option),
    .publishes = publishes,
    .ops = &ops,
    .create = create,
};

static const sonde_component* component(uint32_t index) { return index == 0 ? &greeter_component : NULL; }

static const sonde_factory collectors = {sizeof(sonde_factory), 1, component};

static const void* get_factory(const char* id) { return strcmp(id, SONDE_FACTORY_COLLECTOR) == 0 ? &collectors : NULL; }

SONDE_EXPORT const sonde_entry sonde_plugin_entry = {
    .magic = SONDE_ENTRY_MAGIC,
    .struct_size = sizeof(sonde_entry),
    .abi_major = SONDE_ABI_MAJOR,
    .abi_minor = SONDE_ABI_MINOR,
    .id = "io.sonde.sample.hello_c",
    .version = "1.0.0",
    .vendor = "sonde",
    .license = "Apache-2.0",
    .sdk_build = SONDE_SDK_BUILD,
    .get_factory = get_factory,
};

SONDE_PLUGIN_NOTE("io.sonde.sample.hello_c", "1.0.0", SONDE_ROLE_COLLECTOR);
