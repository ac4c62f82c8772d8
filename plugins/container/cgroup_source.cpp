// SPDX-License-Identifier: Apache-2.0
#include "container/cgroup_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

#include "container/cgroup_path.hpp"

namespace sonde::container {
namespace {

constexpr std::int64_t second = 1'000'000'000;

bool exists(const std::string& path) noexcept { return ::access(path.c_str(), F_OK) == 0; }

// Of kernfs the time is that of the first look at the directory, which for one that was just made is its birth.
std::int64_t change_time(const std::string& path) noexcept {
    struct stat found{};
    return ::stat(path.c_str(), &found) == 0 ? found.st_ctim.tv_sec * second + found.st_ctim.tv_nsec : 0;
}

}  // namespace

cgroup_mounts find_cgroup_mounts(const std::string& root) {
    if (exists(root + "/cgroup.controllers")) {
        return {root, {}};
    }
    cgroup_mounts found;
    if (exists(root + "/unified/cgroup.controllers")) {
        found.unified = root + "/unified";
    }
    // Runtimes make a container's cgroup in each hierarchy of v1; one is enough to see it.
    for (const char* const name : {"systemd", "memory", "pids", "cpu,cpuacct", "cpu", "freezer", "devices"}) {
        if (const std::string path = root + "/" + name; exists(path + "/cgroup.procs")) {
            found.legacy = path;
            break;
        }
    }
    return found;
}

cgroup_source::cgroup_source(origin as, const cgroup_mounts& mounts, const proc_reader& processes, sink& to,
                             std::size_t directory_limit)
    : as_(as), mounts_(mounts), processes_(&processes), sink_(&to), watch_(*this, directory_limit) {
    for (const std::string& root : {mounts_.unified, mounts_.legacy}) {
        if (!root.empty()) {
            roots_.push_back(root);
            watch_.add_root(root);
        }
    }
}

result<void> cgroup_source::start() { return watch_.start(); }

source_status cgroup_source::status() const {
    source_status now{as_, {}, health_of_source::absent, "no cgroup hierarchy is mounted"};
    for (std::size_t i = 0; i < roots_.size(); ++i) {
        const int problem = watch_.problem(i);
        now.where += (i == 0 ? "" : ", ") + roots_[i];
        now.how = problem == 0        ? health_of_source::answering
                  : problem == EACCES ? health_of_source::denied
                                      : health_of_source::failing;
        now.text = problem == 0 ? mounts_.legacy.empty()    ? "cgroup v2"
                                  : mounts_.unified.empty() ? "cgroup v1"
                                                            : "cgroup v1 and v2"
                                : ::strerrordesc_np(problem);
    }
    return now;
}

directory_watch::interest cgroup_source::on_directory(std::size_t root, const std::string& path, std::size_t,
                                                      bool is_new) {
    container_facts facts = container_of_cgroup(std::string_view(path).substr(roots_[root].size()));
    if (facts.id.empty()) {
        return {.children = true};
    }
    auto [at, is_first] = groups_.try_emplace(facts.id);
    group& of = at->second;
    if (std::find(of.directories.begin(), of.directories.end(), path) == of.directories.end()) {
        of.directories.push_back(path);
    }
    std::erase(before_, path);
    if (is_first) {
        of.facts = std::move(facts);
        of.facts.state = run_state::created;
        of.facts.created = is_new ? sink_->now() : change_time(path);
    }
    if (roots_[root] == mounts_.unified) {
        of.facts.cgroup_id = inode_of(path);
    }
    look(of, path);
    // A container may have containers of its own in it.
    return {.children = true, .files = false, .changes = true};
}

// Is anybody in it?
void cgroup_source::look(group& of, const std::string& directory) {
    if (of.facts.init_pid == 0 || processes_->start_time(of.facts.init_pid) == 0) {
        of.facts.init_pid = processes_->first_process(directory);
        if (of.facts.init_pid != 0) {
            of.facts.state = run_state::running;
            of.facts.started = of.facts.finished = 0;
            const std::string path = of.facts.cgroup_path;
            processes_->complete(of.facts);
            of.facts.cgroup_path = path;  // where it was found; a process may have moved on below it
        }
    }
    sink_->tell(as_, of.facts);
}

void cgroup_source::on_file(std::size_t root, const std::string& directory, std::string_view name) {
    if (name != "cgroup.procs" && name != "cgroup.events") {
        return;
    }
    const auto at = groups_.find(container_of_cgroup(std::string_view(directory).substr(roots_[root].size())).id);
    if (at == groups_.end()) {
        return;
    }
    group& of = at->second;
    if (name == "cgroup.events" && of.facts.state == run_state::running &&
        read_file(directory + "/cgroup.events", 256).find("populated 0") != std::string::npos) {
        of.facts.state = run_state::exited;
        of.facts.finished = sink_->now();
        sink_->end(as_, at->first, of.facts.finished, std::nullopt);
    } else {
        look(of, directory);
    }
}

void cgroup_source::look_again(std::string_view id) {
    if (const auto at = groups_.find(id); at != groups_.end()) {
        look(at->second, at->second.directories.front());
    }
}

// Of a container that nobody else knows the watched process may have been any of it.
void cgroup_source::process_ended(const std::string& id, std::uint32_t pid, std::optional<std::int32_t> exit_code) {
    const auto at = groups_.find(id);
    if (at == groups_.end() || at->second.facts.init_pid != pid) {
        return;
    }
    group& of = at->second;
    of.facts.init_pid = processes_->first_process(of.directories.front());
    if (of.facts.init_pid != 0) {
        of.facts.init_pid = 0;
        look(of, of.directories.front());
        return;
    }
    of.facts.init_pid = pid;
    sink_->end(as_, id, sink_->now(), exit_code);
}

void cgroup_source::on_directory_gone(std::size_t root, const std::string& path) {
    const std::string id = container_of_cgroup(std::string_view(path).substr(roots_[root].size())).id;
    if (!id.empty()) {
        remove(id, path);
    }
}

void cgroup_source::remove(const std::string& id, const std::string& directory) {
    const auto at = groups_.find(id);
    if (at == groups_.end()) {
        return;
    }
    std::erase(at->second.directories, directory);
    if (at->second.directories.empty()) {
        groups_.erase(at);
        sink_->end(as_, id, sink_->now(), std::nullopt);
        sink_->forget(as_, id);
    }
}

void cgroup_source::on_begin(std::size_t root) {
    before_.clear();
    const std::string below = roots_[root] + "/";
    for (const auto& [id, of] : groups_) {
        std::copy_if(of.directories.begin(), of.directories.end(), std::back_inserter(before_),
                     [&](const std::string& each) { return each.starts_with(below); });
    }
}

void cgroup_source::on_end(std::size_t) {
    for (const std::string& gone : std::exchange(before_, {})) {
        const std::size_t slash = gone.rfind('/');
        remove(container_of_cgroup(gone.substr(slash)).id, gone);
    }
}

}  // namespace sonde::container
