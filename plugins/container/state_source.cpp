// SPDX-License-Identifier: Apache-2.0
#include "container/state_source.hpp"

#include <array>
#include <cerrno>
#include <cstring>

namespace sonde::container {
namespace {

constexpr std::size_t file_limit = 8U << 20U;

std::string_view last_segment(std::string_view path) noexcept { return path.substr(path.rfind('/') + 1); }

std::string_view parent_of(std::string_view path) noexcept { return path.substr(0, path.rfind('/')); }

std::string_view file_name(state_format format) noexcept {
    switch (format) {
    case state_format::runc: return "state.json";
    case state_format::crun: return "status";
    case state_format::bundle:
    case state_format::storage: return "config.json";
    case state_format::docker: return "config.v2.json";
    }
    return {};
}

}  // namespace

std::vector<state_place> usual_state_places(const std::string& host_root) {
    using enum state_format;
    const auto at = [&](const char* path, state_format format, std::size_t depth, const char* runtime = "") {
        return state_place{host_root + path, format, depth, runtime};
    };
    return {at("/var/lib/docker/containers", docker, 1, "docker"),
            at("/run/containerd/io.containerd.runtime.v2.task", bundle, 2, "containerd"),
            at("/run/containers/storage/overlay-containers", storage, 2),
            at("/var/lib/containers/storage/overlay-containers", storage, 2),
            at("/run/containerd/runc", runc, 2, "containerd"),
            at("/run/docker/runtime-runc", runc, 2, "docker"),
            at("/run/runc", runc, 1),
            at("/run/crun", crun, 1)};
}

state_source::state_source(std::vector<state_place> places, std::string host_root, const proc_reader& processes,
                           sink& to, std::size_t directory_limit)
    : places_(std::move(places)), host_root_(std::move(host_root)), processes_(&processes), sink_(&to),
      watch_(*this, directory_limit) {
    for (const state_place& place : places_) {
        watch_.add_root(place.path);
    }
}

result<void> state_source::start() { return watch_.start(); }

origin state_source::origin_of(std::size_t root) const { return {source::state_file, static_cast<std::uint8_t>(root)}; }

std::vector<source_status> state_source::status() const {
    std::vector<source_status> all;
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const int problem = watch_.problem(i);
        all.push_back({origin_of(i), places_[i].path,
                       problem == 0        ? health_of_source::answering
                       : problem == ENOENT ? health_of_source::absent
                       : problem == EACCES ? health_of_source::denied
                                           : health_of_source::failing,
                       problem == 0 ? "" : ::strerrordesc_np(problem)});
    }
    return all;
}

directory_watch::interest state_source::on_directory(std::size_t root, const std::string& path, std::size_t depth,
                                                     bool) {
    const state_place& place = places_[root];
    if (depth < place.depth) {
        return {.children = true};
    }
    const bool is_wanted = place.format != state_format::storage || last_segment(path) == "userdata";
    return {.children = false, .files = is_wanted && depth == place.depth};
}

void state_source::on_directory_gone(std::size_t root, const std::string& path) {
    const auto forget = [&](auto at) {
        sink_->forget(origin_of(root), at->second);
        return told_.erase(at);
    };
    if (const auto at = told_.find(path); at != told_.end()) {
        forget(at);
    }
    const std::string below = path + "/";
    for (auto at = told_.lower_bound(below); at != told_.end() && at->first.starts_with(below);) {
        at = forget(at);
    }
}

void state_source::on_file(std::size_t root, const std::string& directory, std::string_view name) {
    const state_place& place = places_[root];
    if (name != file_name(place.format)) {
        return;
    }
    const std::string text = read_file(directory + "/" + std::string(name), file_limit);
    if (text.empty()) {
        return;  // gone already, not written yet, or denied: then its directory was too, which the status says
    }
    container_facts facts;
    facts.runtime = place.runtime;
    if (!read(place, directory, text, facts)) {
        ++malformed_;
        return;
    }
    settle(facts);
    told_[directory] = facts.id;
    sink_->tell(origin_of(root), std::move(facts));
}

// These files are not rewritten when the process ends, and its number may belong to another by now.
void state_source::settle(container_facts& facts) const {
    if (facts.init_pid == 0) {
        return;
    }
    const auto found = processes_->complete(facts);
    const bool is_told = facts.state != run_state::unknown;
    if (found == proc_reader::outcome::completed) {
        facts.state = is_told ? facts.state : run_state::running;
    } else if (!is_told && processes_->sees_host()) {
        facts.state = run_state::exited;
    } else {
        facts.init_pid = 0;
    }
}

bool state_source::read(const state_place& place, const std::string& directory, const std::string& text,
                        container_facts& facts) {
    std::string bundle;
    bool is_read = false;
    switch (place.format) {
    case state_format::docker: return reader_.docker_config(text, facts);
    case state_format::runc: is_read = reader_.runc_state(text, facts, bundle); break;
    case state_format::crun:
        facts.id = last_segment(directory);
        is_read = reader_.crun_status(text, facts, bundle);
        break;
    case state_format::bundle:
        facts.id = last_segment(directory);
        facts.runtime_namespace = last_segment(parent_of(directory));
        return reader_.oci_config(text, facts);
    case state_format::storage:
        facts.id = last_segment(parent_of(directory));
        if (!reader_.oci_config(text, facts)) {
            return false;
        }
        if (facts.runtime.empty() && !facts.sandbox_id.empty()) {
            facts.runtime = "cri-o";
        }
        // A list of all that this storage holds, rewritten before a container's own files are.
        static_cast<void>(reader_.storage_list(
            read_file(on_host("/var/lib/containers/storage/overlay-containers/containers.json"), file_limit), facts));
        return true;
    }
    if (is_read && place.depth == 2) {
        facts.runtime_namespace = last_segment(parent_of(directory));
    }
    if (is_read && !bundle.empty()) {
        complete_by_bundle(bundle, facts);
    }
    return is_read;
}

// The bundle's config.json has annotations that the runtime's own file leaves out.
void state_source::complete_by_bundle(const std::string& bundle, container_facts& facts) {
    const std::string text = read_file(on_host(bundle) + "/config.json", file_limit);
    if (!text.empty() && !reader_.oci_config(text, facts)) {
        ++malformed_;
    }
}

void state_source::on_begin(std::size_t root) {
    sink_->begin_listing(origin_of(root));
    std::erase_if(told_,
                  [below = places_[root].path + "/"](const auto& each) { return each.first.starts_with(below); });
}

void state_source::on_end(std::size_t root) { sink_->end_listing(origin_of(root)); }

}  // namespace sonde::container
