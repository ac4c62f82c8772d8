// SPDX-License-Identifier: Apache-2.0
// Containers as their runtimes' files show them: runc, crun, containerd's bundles, Docker, and containers/storage of
// CRI-O and podman. Found at the start, then followed by inotify. Each place is an origin of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "container/directory_watch.hpp"
#include "container/proc_reader.hpp"
#include "container/source.hpp"
#include "container/state_files.hpp"

namespace sonde::container {

enum class state_format : std::uint8_t { runc, crun, bundle, docker, storage };

// A directory in which a runtime keeps one directory per container.
struct state_place {
    std::string path;
    state_format format = state_format::runc;
    std::size_t depth = 1;     // of a container's directory below `path`: 2 with a containerd namespace in between
    const char* runtime = "";  // if the place tells
};

class state_source final : private directory_watch::listener {
public:
    // `host_root` stands before paths that are read from files. Counters are of the owner.
    state_source(std::vector<state_place> places, std::string host_root, const proc_reader& processes, sink& to,
                 std::size_t directory_limit);

    [[nodiscard]] result<void> start();
    [[nodiscard]] int fd() const noexcept { return watch_.fd(); }
    void drain() { watch_.drain(); }
    [[nodiscard]] std::vector<source_status> status() const;
    [[nodiscard]] const directory_watch& directories() const noexcept { return watch_; }
    // Files that are not what their name says.
    [[nodiscard]] std::uint64_t malformed() const noexcept { return malformed_; }

private:
    directory_watch::interest on_directory(std::size_t root, const std::string& path, std::size_t depth,
                                           bool is_new) override;
    void on_directory_gone(std::size_t root, const std::string& path) override;
    void on_file(std::size_t root, const std::string& directory, std::string_view name) override;
    void on_begin(std::size_t root) override;
    void on_end(std::size_t root) override;

    [[nodiscard]] origin origin_of(std::size_t root) const;
    [[nodiscard]] bool read(const state_place& place, const std::string& directory, const std::string& text,
                            container_facts& facts);
    void settle(container_facts& facts) const;
    void complete_by_bundle(const std::string& bundle, container_facts& facts);
    [[nodiscard]] std::string on_host(const std::string& path) const { return host_root_ + path; }

    std::vector<state_place> places_;
    std::string host_root_;
    const proc_reader* processes_;
    sink* sink_;
    directory_watch watch_;
    state_file_reader reader_;
    std::map<std::string, std::string> told_;  // container id by its directory
    std::uint64_t malformed_ = 0;
};

// Where the runtimes keep them unless told otherwise, below `host_root`.
[[nodiscard]] std::vector<state_place> usual_state_places(const std::string& host_root);

}  // namespace sonde::container
