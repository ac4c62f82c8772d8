// SPDX-License-Identifier: Apache-2.0
// Containers as the tree of control groups shows them: at the start by looking, then by inotify, the moment a directory
// is made. Cgroup v1, v2 and hybrid. The last resort for what a container is, and the first to know that there is one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "container/directory_watch.hpp"
#include "container/proc_reader.hpp"
#include "container/source.hpp"

namespace sonde::container {

// The hierarchies below /sys/fs/cgroup that containers are looked for in: v2, and one of v1 if there are any.
struct cgroup_mounts {
    std::string unified;  // empty: no cgroup v2
    std::string legacy;   // of v1; empty: none
};
[[nodiscard]] cgroup_mounts find_cgroup_mounts(const std::string& root);

class cgroup_source final : private directory_watch::listener {
public:
    cgroup_source(origin as, const cgroup_mounts& mounts, const proc_reader& processes, sink& to,
                  std::size_t directory_limit);

    [[nodiscard]] result<void> start();
    [[nodiscard]] int fd() const noexcept { return watch_.fd(); }
    void drain() { watch_.drain(); }
    // A container that was made may have begun to run without a word: entering a cgroup by a fork is silent.
    void look_again(std::string_view id);
    // The process that was taken for the container's first has ended.
    void process_ended(const std::string& id, std::uint32_t pid, std::optional<std::int32_t> exit_code);
    [[nodiscard]] source_status status() const;
    [[nodiscard]] const directory_watch& directories() const noexcept { return watch_; }

private:
    struct group {
        container_facts facts;
        std::vector<std::string> directories;  // one per hierarchy
    };

    directory_watch::interest on_directory(std::size_t root, const std::string& path, std::size_t depth,
                                           bool is_new) override;
    void on_directory_gone(std::size_t root, const std::string& path) override;
    void on_file(std::size_t root, const std::string& directory, std::string_view name) override;
    void on_begin(std::size_t root) override;
    void on_end(std::size_t root) override;
    void look(group& of, const std::string& directory);
    void remove(const std::string& id, const std::string& directory);

    origin as_;
    cgroup_mounts mounts_;
    std::vector<std::string> roots_;
    const proc_reader* processes_;
    sink* sink_;
    directory_watch watch_;
    std::map<std::string, group, std::less<>> groups_;  // by container id
    std::vector<std::string> before_;                   // directories known when a root is looked at again
};

}  // namespace sonde::container
