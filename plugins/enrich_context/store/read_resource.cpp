// SPDX-License-Identifier: Apache-2.0
// What an object of Kubernetes should have and what it has, by kind. The API server writes every field of a
// specification that has a default, and leaves counts of a status out that are 0.
#include <algorithm>
#include <charconv>

#include "enrich_context/store/object_json.hpp"

namespace sonde::enrich_context::store {
namespace {

// Counts are int32 in every API; nothing if it says none.
std::optional<std::int64_t> told_count(element of, std::string_view key) noexcept {
    std::int64_t found = 0;
    const bool is_count = of[key].get(found) == simdjson::SUCCESS && found >= 0 && found <= INT32_MAX;
    return is_count ? std::optional(found) : std::nullopt;
}

std::int64_t count(element of, std::string_view key) noexcept { return told_count(of, key).value_or(0); }

std::string_view text_in(element of, std::string_view object, std::string_view key) noexcept {
    std::string_view found;
    with_object(of, object, [&](element in) { found = text(in, key); });
    return found;
}

void diverge(const count_of& count, resource_facts& into) {
    if (count.desired != count.actual && into.divergence_count < into.divergences.size()) {
        into.divergences[into.divergence_count++] = count;
    }
}

bool has_condition(element status, std::string_view wanted) {
    bool holds = false;
    each_item(status, "conditions",
              [&](element item) { holds = holds || (text(item, "type") == wanted && text(item, "status") == "True"); });
    return holds;
}

// A count that is short only because fewer are ready, or fewer there, is not told again.
void read_replicas(std::int64_t desired, std::optional<std::int64_t> to_update, element status, resource_facts& into) {
    const std::int64_t all = count(status, "replicas");
    const std::int64_t ready = count(status, "readyReplicas");
    const std::int64_t available = count(status, "availableReplicas");
    const std::int64_t updated = count(status, "updatedReplicas");
    into.main = {"readyReplicas", desired, ready};
    diverge(into.main, into);
    if (available != ready) {
        diverge({"availableReplicas", desired, available}, into);
    }
    if (all != ready) {
        diverge({"replicas", desired, all}, into);
    }
    if (to_update && updated < std::min(all, *to_update)) {
        diverge({"updatedReplicas", *to_update, updated}, into);
    }
}

// How many pods the update of a stateful set reaches by itself.
std::optional<std::int64_t> replicas_to_update(element spec, std::int64_t desired) {
    std::int64_t partition = 0;
    std::string_view type;
    with_object(spec, "updateStrategy", [&](element strategy) {
        type = text(strategy, "type");
        with_object(strategy, "rollingUpdate", [&](element update) { partition = count(update, "partition"); });
    });
    return type == "OnDelete" ? std::nullopt : std::optional(desired - std::min(partition, desired));
}

bool read_set(std::string_view kind, element spec, element status, resource_facts& into) {
    const auto desired = told_count(spec, "replicas");
    if (!desired) {
        return false;
    }
    std::optional<std::int64_t> to_update;
    if (kind == "Deployment") {
        to_update = desired;
    } else if (kind == "StatefulSet") {
        to_update = replicas_to_update(spec, *desired);
    }
    read_replicas(*desired, to_update, status, into);
    return true;
}

// How many nodes should have a pod is the controller's own count.
bool read_daemon_set(element spec, element status, resource_facts& into) {
    const auto desired = told_count(status, "desiredNumberScheduled");
    if (!desired) {
        return false;
    }
    const std::int64_t ready = count(status, "numberReady");
    const std::int64_t available = count(status, "numberAvailable");
    const std::int64_t present = count(status, "currentNumberScheduled");
    const std::int64_t updated = count(status, "updatedNumberScheduled");
    into.main = {"numberReady", *desired, ready};
    diverge(into.main, into);
    if (available != ready) {
        diverge({"numberAvailable", *desired, available}, into);
    }
    if (present != ready) {
        diverge({"currentNumberScheduled", *desired, present}, into);
    }
    if (text_in(spec, "updateStrategy", "type") != "OnDelete" && updated < present) {
        diverge({"updatedNumberScheduled", *desired, updated}, into);
    }
    diverge({"numberMisscheduled", 0, count(status, "numberMisscheduled")}, into);
    return true;
}

// No more run at once than are still to succeed, and none of a job that has ended or is suspended.
bool read_job(element spec, element status, resource_facts& into) {
    const auto parallelism = told_count(spec, "parallelism");
    const auto completions = told_count(spec, "completions");
    if (!parallelism) {
        return false;
    }
    const std::int64_t succeeded = count(status, "succeeded");
    const std::int64_t running = count(status, "active");
    const bool is_over = has_condition(status, "Complete") || has_condition(status, "Failed");
    std::int64_t wanted = is_over || common::json::boolean(spec, "suspend") ? 0 : *parallelism;
    if (completions) {
        wanted = std::clamp<std::int64_t>(*completions - succeeded, 0, wanted);
    } else if (succeeded > 0) {
        wanted = std::min(wanted, running);  // of a work queue: it is empty, and no more are made
    }
    const count_of active{"active", wanted, running};
    into.main = completions ? count_of{"succeeded", *completions, succeeded} : active;
    diverge(into.main, into);
    if (completions) {
        diverge(active, into);
    }
    return true;
}

bool read_node_state(element status, resource_facts& into) {
    bool is_told = false;
    each_item(status, "conditions", [&](element item) { is_told = is_told || text(item, "type") == "Ready"; });
    into.main = {"Ready", 1, has_condition(status, "Ready") ? 1 : 0};
    diverge(into.main, into);
    return is_told;
}

// "10Gi" in bytes. The API server writes quantities in canonical form, which has no fraction: see Quantity in
// k8s.io/apimachinery/pkg/api/resource. Nothing for what is no whole number of bytes.
std::optional<std::int64_t> bytes_of(std::string_view quantity) noexcept {
    constexpr std::string_view powers = "kMGTPE";
    std::int64_t bytes = 0;
    const char* const last = quantity.data() + quantity.size();
    const auto [end, problem] = std::from_chars(quantity.data(), last, bytes);
    std::string_view suffix = quantity.substr(static_cast<std::size_t>(end - quantity.data()));
    if (problem != std::errc() || bytes < 0) {
        return std::nullopt;
    }
    const bool is_binary = suffix.size() == 2 && suffix.back() == 'i';
    suffix = is_binary ? suffix.substr(0, 1) : suffix;
    const std::size_t power = suffix.empty() ? 0 : powers.find(is_binary && suffix == "K" ? "k" : suffix) + 1;
    if (suffix.size() > 1 || (power == 0 && !suffix.empty())) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < power; ++i) {
        if (__builtin_mul_overflow(bytes, is_binary ? 1024 : 1000, &bytes)) {
            return std::nullopt;
        }
    }
    return bytes;
}

// A volume may be larger than what was asked for; that is no want.
bool read_claim(element spec, element status, resource_facts& into) {
    std::optional<std::int64_t> wanted;
    with_object(spec, "resources",
                [&](element resources) { wanted = bytes_of(text_in(resources, "requests", "storage")); });
    if (!wanted) {
        return false;
    }
    into.main = {"capacity.storage", *wanted, bytes_of(text_in(status, "capacity", "storage")).value_or(0)};
    if (into.main.actual < into.main.desired) {
        diverge(into.main, into);
    }
    return true;
}

bool read_kind(std::string_view kind, element spec, element status, resource_facts& into) {
    if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet") {
        return read_set(kind, spec, status, into);
    }
    if (kind == "DaemonSet") {
        return read_daemon_set(spec, status, into);
    }
    if (kind == "PersistentVolumeClaim") {
        return read_claim(spec, status, into);
    }
    return kind == "Job" ? read_job(spec, status, into) : read_node_state(status, into);
}

bool has_desired_state(std::string_view kind) noexcept {
    constexpr std::array<std::string_view, 7> kinds{"Deployment", "ReplicaSet", "StatefulSet",          "DaemonSet",
                                                    "Job",        "Node",       "PersistentVolumeClaim"};
    return std::ranges::find(kinds, kind) != kinds.end();
}

}  // namespace

std::optional<resource_facts> object_reader::read_resource(std::string_view kind, std::span<const std::uint8_t> json) {
    const auto root = has_desired_state(kind) ? parser_->read(json) : std::nullopt;
    element spec;
    element status;
    if (!root || (*root)["spec"].get(spec) != simdjson::SUCCESS || (*root)["status"].get(status) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    resource_facts facts;
    if (!spec.is_object() || !status.is_object() || !read_kind(kind, spec, status, facts)) {
        return std::nullopt;
    }
    if (kind != "Job" && kind != "Node" &&
        kind != "PersistentVolumeClaim") {  // their status does not say what it has observed
        with_object(*root, "metadata", [&](element metadata) {
            const std::int64_t observed = std::max<std::int64_t>(integer(status, "observedGeneration"), 0);
            const std::int64_t generation = std::max(integer(metadata, "generation"), observed);
            facts.generation_lag = static_cast<std::uint64_t>(generation - observed);
        });
    }
    return facts;
}

}  // namespace sonde::enrich_context::store
