// SPDX-License-Identifier: Apache-2.0
#include "container/state_files.hpp"

#include <cstdlib>

#include "common/json_fields.hpp"
#include "container/annotations.hpp"

namespace sonde::container {
namespace {

namespace json = common::json;
using json::element;

std::uint32_t pid_of(std::int64_t number) noexcept {
    return number > 0 && number < UINT32_MAX ? static_cast<std::uint32_t>(number) : 0;
}

// "/sys/fs/cgroup/unified/a/b" to "/a/b": the hierarchy's place is not told, but the paths of all of them end alike.
std::string below_mount(std::string_view path) {
    constexpr std::string_view mount = "/sys/fs/cgroup";
    if (!path.starts_with(mount)) {
        return std::string(path);
    }
    path.remove_prefix(mount.size());
    constexpr std::string_view unified = "/unified/";
    if (path.starts_with(unified)) {
        path.remove_prefix(unified.size() - 1);
    }
    return std::string(path);
}

void take_published(element ports, container_facts& facts) {
    json::each_member(ports, [&](std::string_view key, element bindings) {
        // "80/tcp": null, or [{"HostIp": "0.0.0.0", "HostPort": "8080"}]
        published_port port;
        port.container_port = pid_of(std::atoi(std::string(key.substr(0, key.find('/'))).c_str()));
        port.protocol = key.find('/') == std::string_view::npos ? "tcp" : key.substr(key.find('/') + 1);
        bool is_published = false;
        json::each_item(bindings, [&](element binding) {
            is_published = true;
            port.host_port = pid_of(std::atoi(std::string(json::text(binding, "HostPort")).c_str()));
            port.host_address = address_bytes(json::text(binding, "HostIp"));
            facts.ports.push_back(port);
        });
        if (!is_published && port.container_port != 0) {
            facts.ports.push_back(port);
        }
    });
}

void take_networks(element settings, container_facts& facts) {
    json::with(settings, "Networks", [&](element networks) {
        json::each_member(networks, [&](std::string_view, element network) {
            for (const char* const key : {"IPAddress", "GlobalIPv6Address"}) {
                if (std::string address = address_bytes(json::text(network, key)); !address.empty()) {
                    facts.ip_addresses.push_back(std::move(address));
                }
            }
        });
    });
    json::with(settings, "Ports", [&](element ports) { take_published(ports, facts); });
}

void take_docker_state(element state, container_facts& facts) {
    const bool is_running = json::boolean(state, "Running");
    const std::int64_t finished = unix_time(json::text(state, "FinishedAt"));
    facts.started = unix_time(json::text(state, "StartedAt"));
    facts.state = json::boolean(state, "Paused") ? run_state::paused
                  : is_running                   ? run_state::running
                  : finished > 0                 ? run_state::exited
                                                 : run_state::created;
    if (is_running) {
        facts.init_pid = pid_of(json::integer(state, "Pid"));
    } else if (finished > 0) {
        facts.finished = finished;
        facts.exit_code = static_cast<std::int32_t>(json::integer(state, "ExitCode"));
    }
}

void take_docker_config(element config, container_facts& facts) {
    take_image(facts, json::text(config, "Image"));
    json::each_text(config, "Labels", [&](std::string_view key, std::string_view value) {
        facts.labels.emplace_back(key, value);
        take_annotation(facts, key, value);
    });
}

}  // namespace

struct state_file_reader::state {
    simdjson::dom::parser parser;

    // An empty answer for what is no JSON object.
    [[nodiscard]] bool parse(std::string_view text, element& root) {
        return parser.parse(text.data(), text.size()).get(root) == simdjson::SUCCESS;
    }
};

state_file_reader::state_file_reader() : state_(std::make_unique<state>()) {}
state_file_reader::state_file_reader(state_file_reader&&) noexcept = default;
state_file_reader& state_file_reader::operator=(state_file_reader&&) noexcept = default;
state_file_reader::~state_file_reader() = default;

bool state_file_reader::runc_state(std::string_view text, container_facts& facts, std::string& bundle) {
    element root;
    if (!state_->parse(text, root) || json::text(root, "id").empty()) {
        return false;
    }
    facts.id = json::text(root, "id");
    facts.init_pid = pid_of(json::integer(root, "init_process_pid"));
    facts.created = unix_time(json::text(root, "created"));
    json::with(root, "cgroup_paths", [&](element paths) {
        // The key of v2 is empty; v1 has one per controller.
        std::string_view path = json::text(paths, "");
        if (path.empty()) {
            path = json::text(paths, "name=systemd");
            constexpr std::string_view mount = "/sys/fs/cgroup/systemd";
            path.remove_prefix(path.starts_with(mount) ? mount.size() : 0);
        }
        facts.cgroup_path = below_mount(path);
    });
    json::with(root, "config", [&](element config) {
        json::with(config, "labels", [&](element labels) {
            json::each_item(labels, [&](element label) {
                // "bundle=/run/...", and annotations in the form key=value.
                std::string_view line;
                if (label.get(line) != simdjson::SUCCESS) {
                    return;
                }
                const std::size_t equals = line.find('=');
                const std::string_view key = line.substr(0, equals);
                const std::string_view value =
                    equals == std::string_view::npos ? std::string_view{} : line.substr(equals + 1);
                if (key == "bundle") {
                    bundle = value;
                } else {
                    take_annotation(facts, key, value);
                }
            });
        });
    });
    return true;
}

bool state_file_reader::crun_status(std::string_view text, container_facts& facts, std::string& bundle) {
    element root;
    if (!state_->parse(text, root) || json::text(root, "bundle").empty()) {
        return false;
    }
    facts.init_pid = pid_of(json::integer(root, "pid"));
    facts.created = unix_time(json::text(root, "created"));
    facts.cgroup_path = json::text(root, "cgroup-path");
    bundle = json::text(root, "bundle");
    return true;
}

bool state_file_reader::oci_config(std::string_view text, container_facts& facts) {
    element root;
    if (!state_->parse(text, root) || json::text(root, "ociVersion").empty()) {
        return false;
    }
    json::each_text(root, "annotations", [&](std::string_view key, std::string_view value) {
        facts.labels.emplace_back(key, value);
        take_annotation(facts, key, value);
    });
    return true;
}

bool state_file_reader::docker_config(std::string_view text, container_facts& facts) {
    element root;
    if (!state_->parse(text, root)) {
        return false;
    }
    const std::string_view id = json::text(root, "ID").empty() ? json::text(root, "Id") : json::text(root, "ID");
    if (id.empty()) {
        return false;
    }
    facts.id = id;
    facts.runtime = "docker";
    facts.created = unix_time(json::text(root, "Created"));
    facts.restart_count = pid_of(json::integer(root, "RestartCount"));
    json::with(root, "State", [&](element run) { take_docker_state(run, facts); });
    json::with(root, "Config", [&](element config) { take_docker_config(config, facts); });
    json::with(root, "NetworkSettings", [&](element settings) { take_networks(settings, facts); });
    facts.image_id = json::text(root, "Image");
    if (facts.name.empty()) {  // else the kubelet's label has given it
        const std::string_view name = json::text(root, "Name");
        facts.name = name.substr(name.starts_with('/') ? 1 : 0);
    }
    return true;
}

bool state_file_reader::storage_list(std::string_view text, container_facts& facts) {
    element root;
    if (!state_->parse(text, root)) {
        return false;
    }
    std::string metadata;
    json::each_item(root, [&](element each) {
        if (json::text(each, "id") != facts.id) {
            return;
        }
        facts.image_id = facts.image_id.empty() ? json::text(each, "image") : facts.image_id;
        facts.created = facts.created == 0 ? unix_time(json::text(each, "created")) : facts.created;
        metadata = json::text(each, "metadata");
    });
    // JSON in JSON; the parser's buffer is used again, hence the copy.
    element inner;
    if (!metadata.empty() && state_->parse(metadata, inner)) {
        if (facts.name.empty()) {
            facts.name = json::text(inner, "name");
        }
        if (facts.image_name.empty()) {
            take_image(facts, json::text(inner, "image-name"));
        }
    }
    return true;
}

std::uint32_t state_file_reader::runtime_pid(std::string_view text) {
    element root;
    return state_->parse(text, root) ? pid_of(json::integer(root, "pid")) : 0;
}

bool state_file_reader::docker_ids(std::string_view text, std::vector<std::string>& to) {
    element root;
    if (!state_->parse(text, root) || !root.is_array()) {
        return false;
    }
    json::each_item(root, [&](element each) {
        if (const std::string_view id = json::text(each, "Id"); !id.empty()) {
            to.emplace_back(id);
        }
    });
    return true;
}

bool state_file_reader::docker_version(std::string_view text, docker_engine& to) {
    element root;
    if (!state_->parse(text, root) || json::text(root, "Version").empty()) {
        return false;
    }
    to.release = json::text(root, "Version");
    json::with(root, "Components", [&](element components) {
        json::each_item(components, [&](element each) {
            to.is_podman = to.is_podman || json::text(each, "Name") == "Podman Engine";
        });
    });
    return true;
}

bool state_file_reader::docker_event(std::string_view text, docker_told& to) {
    element root;
    if (!state_->parse(text, root)) {
        return false;
    }
    to.action = json::text(root, "Action");
    to.time = json::integer(root, "timeNano");
    json::with(root, "Actor", [&](element actor) {
        to.id = json::text(actor, "ID");
        json::with(actor, "Attributes", [&](element attributes) {
            const std::string code(json::text(attributes, "exitCode"));
            if (!code.empty()) {
                to.exit_code = std::atoi(code.c_str());
            }
        });
    });
    return !to.action.empty();
}

}  // namespace sonde::container
