// SPDX-License-Identifier: Apache-2.0
// The options of enrich_context as data, and what they mean for its parts.
#pragma once

#include <array>

#include <sonde/option.hpp>
#include <sonde/settings.hpp>

#include "common/host_identity.hpp"
#include "enrich_context/pipeline/settings.hpp"
#include "enrich_context/store/settings.hpp"

namespace sonde::enrich_context {

inline constexpr std::array option_table{
    option("hold_back", option_type::duration)
        .defaults("250ms")
        .range("0s", "10s")
        .reloadable()
        .explained("Longest time that an event waits for context that is on its way",
                   "Only events wait whose context is incomplete and may still become complete, as that of a process "
                   "in a container that has just started; all others are passed on at once. What becomes known later "
                   "is published as an amendment. 0s: nothing waits."),
    option("held_events", option_type::integer)
        .defaults("8192")
        .range("1", "1048576")
        .in_unit("{event}")
        .explained("Most events that wait at once; further ones are passed on as they are"),
    option("held_bytes", option_type::bytes)
        .defaults("16MiB")
        .range("64KiB", "4GiB")
        .explained("Most memory of the events that wait"),
    option("amend_within", option_type::duration)
        .defaults("60s")
        .range("0s", "1h")
        .reloadable()
        .explained("How long an incomplete event is remembered, to be published again when its context is known",
                   "An amendment has the identity of the first and replaces it. 0s: no amendments."),
    option("amend_events", option_type::integer)
        .defaults("16384")
        .range("1", "1048576")
        .in_unit("{event}")
        .explained("Most events that are remembered; the oldest are forgotten first"),
    option("amend_bytes", option_type::bytes)
        .defaults("32MiB")
        .range("64KiB", "4GiB")
        .explained("Most memory of the events that are remembered"),
    option("raw_limit", option_type::bytes)
        .defaults("256KiB")
        .range("0", "16MiB")
        .reloadable()
        .explained("Largest payload that is kept whole; of larger ones the beginning is kept and the size told",
                   "Mind [bus] record_limit, which holds for the whole event."),
    option("docker_proxy_filter", option_type::boolean)
        .defaults("true")
        .reloadable()
        .explained("Leaves out the legs of connections behind Docker's userland proxy",
                   "What remains is the connection between the client and the published port."),
    option("service_context", option_type::boolean)
        .defaults("false")
        .explained("Concludes names of services from command lines, as context.process.service_name",
                   "From DD_SERVICE, java -jar and main classes, python and ruby scripts, node, dotnet, else the name "
                   "of the executable."),
    option("expected_tags_duration", option_type::duration)
        .defaults("0s")
        .range("0s", "24h")
        .reloadable()
        .explained("Marks events of containers, and of an agent, younger than this with explicit_tags",
                   "For receivers that learn of containers by other ways, later. 0s: never."),
    option("span_sampling_ratio", option_type::number)
        .defaults("0")
        .range("0", "1")
        .reloadable()
        .explained(
            "Share of the traces whose events get a span on span/enrich_context/",
            "From when the raw event was taken until the unified one was published. Events of one trace are all "
            "in or all out; those of no trace get one each. 0: none. Near 1, there are as many spans as events."),
    option("pod_labels", option_type::list)
        .explained("Labels of pods that contexts carry: names, or beginnings such as app.kubernetes.io/*"),
    option("container_labels", option_type::list).explained("Likewise, labels of containers"),
    option("namespace_labels", option_type::list).explained("Likewise, labels of namespaces"),
    option("process_entities", option_type::boolean)
        .defaults("false")
        .explained("Publishes processes as entities, too",
                   "There may be thousands each second. Their context is in the events in any case."),
    option("node_limit", option_type::integer)
        .defaults("1024")
        .range("1", "65536")
        .in_unit("{node}")
        .explained("Most nodes whose raw events come here, with this one",
                   "For events that other agents forward. Those of further nodes are published with an empty context. "
                   "The limits below hold for all nodes together."),
    option("process_limit", option_type::integer)
        .defaults("65536")
        .range("64", "4194304")
        .in_unit("{process}")
        .explained("Most processes that are known at once"),
    option("container_limit", option_type::integer)
        .defaults("32768")
        .range("64", "1048576")
        .in_unit("{container}")
        .explained("Most containers that are known at once"),
    option("pod_limit", option_type::integer)
        .defaults("20000")
        .range("64", "1048576")
        .in_unit("{pod}")
        .explained("Most pods that are known at once"),
    option("service_limit", option_type::integer)
        .defaults("10000")
        .range("64", "1048576")
        .in_unit("{service}")
        .explained("Most services that are known at once"),
    option("etc_root", option_type::path)
        .defaults("/etc")
        .explained("Where the host's /etc is found; HOST_ETC in the environment, if this is not set"),
    option("proc_root", option_type::path)
        .defaults("/proc")
        .explained("Where the host's /proc is found; HOST_PROC in the environment, if this is not set"),
};

struct option_values {
    pipeline::pipeline_settings pipeline;
    store_settings store;  // without the facts of the host
    common::host_roots roots;
    bool service_context = false;
};

[[nodiscard]] option_values read_options(const settings& values);

}  // namespace sonde::enrich_context
