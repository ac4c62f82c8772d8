// SPDX-License-Identifier: Apache-2.0
// Readers of the files in which runtimes keep what they know of a container. Each takes a text and completes facts;
// false if the text is not such a file. Nothing is executed, nothing else is opened.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "container/facts.hpp"

namespace sonde::container {

struct docker_engine {
    std::string release;
    bool is_podman = false;
};

// An event of Docker's that is about a container.
struct docker_told {
    std::string action;  // "start", "die", "destroy"
    std::string id;
    std::int64_t time = 0;  // Unix ns
    std::optional<std::int32_t> exit_code;
};

// Parses JSON; one for all files, since its buffers grow with the largest.
class state_file_reader {
public:
    state_file_reader();
    state_file_reader(state_file_reader&&) noexcept;
    state_file_reader& operator=(state_file_reader&&) noexcept;
    ~state_file_reader();

    // runc's state.json (libcontainer.State). `bundle` becomes the directory with config.json, if it is told.
    [[nodiscard]] bool runc_state(std::string_view text, container_facts& facts, std::string& bundle);
    // crun's "status".
    [[nodiscard]] bool crun_status(std::string_view text, container_facts& facts, std::string& bundle);
    // An OCI config.json: annotations and the cgroup's path.
    [[nodiscard]] bool oci_config(std::string_view text, container_facts& facts);
    // Docker's config.v2.json, and the answer of its /containers/ID/json, which says the same under the same names.
    [[nodiscard]] bool docker_config(std::string_view text, container_facts& facts);
    // What containers.json of containers/storage (podman, CRI-O) says of facts.id.
    [[nodiscard]] bool storage_list(std::string_view text, container_facts& facts);
    // The process in what a CRI runtime tells as "info"; 0 without.
    [[nodiscard]] std::uint32_t runtime_pid(std::string_view text);
    // Docker's /containers/json: the ids; /version: its name and release; a line of /events.
    [[nodiscard]] bool docker_ids(std::string_view text, std::vector<std::string>& to);
    [[nodiscard]] bool docker_version(std::string_view text, docker_engine& to);
    [[nodiscard]] bool docker_event(std::string_view text, docker_told& to);

private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sonde::container
