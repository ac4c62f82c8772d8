// SPDX-License-Identifier: Apache-2.0
#include "container/cri_messages.hpp"

#include <array>
#include <utility>

#include <sonde/wire.hpp>

#include "container/annotations.hpp"

namespace sonde::container::cri {
namespace {

using wire::field;

// Calls take(field) for each field; false if the bytes are no message.
template <class Take>
bool each_field(bytes message, Take&& take) {
    wire::reader reader(message);
    while (const auto next = reader.next()) {
        take(*next);
    }
    return !reader.failed();
}

bool is_bytes(const field& of) noexcept { return of.type == SONDE_WIRE_BYTES; }

// An entry of map<string, string>.
std::pair<std::string, std::string> entry_of(const field& of) {
    std::pair<std::string, std::string> entry;
    each_field(of.bytes, [&](const field& part) {
        if (is_bytes(part) && part.number <= 2) {
            (part.number == 1 ? entry.first : entry.second) = part.text();
        }
    });
    return entry;
}

void take_label(const field& of, container_facts& to) {
    auto [key, value] = entry_of(of);
    take_annotation(to, key, value);
    to.labels.emplace_back(std::move(key), std::move(value));
}

// ContainerState: CREATED, RUNNING, EXITED, UNKNOWN.
run_state state_of(std::uint64_t number) noexcept {
    constexpr std::array states{run_state::created, run_state::running, run_state::exited};
    return number < states.size() ? states[static_cast<std::size_t>(number)] : run_state::unknown;
}

// ContainerMetadata: name, attempt.
void take_metadata(const field& of, container_facts& to) {
    each_field(of.bytes, [&](const field& part) {
        if (part.number == 1 && is_bytes(part)) {
            to.name = part.text();
        } else if (part.number == 2) {
            to.restart_count = static_cast<std::uint32_t>(part.value);
        }
    });
}

// ImageSpec: image; since 1.29 user_specified_image is 18, which says more than an id.
void take_image_spec(const field& of, container_facts& to) {
    each_field(of.bytes, [&](const field& part) {
        if (is_bytes(part) && (part.number == 1 || part.number == 18) && !part.bytes.empty()) {
            take_image(to, part.text());
        }
    });
}

void take_image_reference(std::string_view reference, container_facts& to) {
    container_facts image;
    take_image(image, reference);
    to.image_name = to.image_name.empty() ? image.image_name : to.image_name;
    to.image_tag = to.image_tag.empty() && to.image_name == image.image_name ? image.image_tag : to.image_tag;
    to.image_id = image.image_id.empty() ? to.image_id : image.image_id;
}

// PodSandboxMetadata: name, uid, namespace, attempt.
void take_pod(const field& of, container_facts& to) {
    each_field(of.bytes, [&](const field& part) {
        if (!is_bytes(part)) {
            return;
        }
        switch (part.number) {
        case 1: to.pod_name = part.text(); break;
        case 2: to.pod_uid = part.text(); break;
        case 3: to.pod_namespace = part.text(); break;
        default: break;
        }
    });
}

void take_address(const field& of, container_facts& to) {
    if (std::string address = address_bytes(of.text()); !address.empty()) {
        to.ip_addresses.push_back(std::move(address));
    }
}

// PodSandboxNetworkStatus: ip, repeated PodIP{ip}.
void take_network(const field& of, container_facts& to) {
    each_field(of.bytes, [&](const field& part) {
        if (part.number == 1 && is_bytes(part)) {
            take_address(part, to);
        } else if (part.number == 2 && is_bytes(part)) {
            each_field(part.bytes, [&](const field& inner) {
                if (inner.number == 1 && is_bytes(inner)) {
                    take_address(inner, to);
                }
            });
        }
    });
}

// LinuxPodSandboxStatus{1: Namespace{2: NamespaceOption{1: network}}}; mode NODE is 2.
void take_namespaces(const field& of, container_facts& to) {
    const auto inner = [](bytes message, std::uint32_t number, auto&& take) {
        each_field(message, [&](const field& part) {
            if (part.number == number) {
                take(part);
            }
        });
    };
    inner(of.bytes, 1, [&](const field& space) {
        inner(space.bytes, 2, [&](const field& options) {
            inner(options.bytes, 1, [&](const field& network) { to.is_host_network = network.value == 2; });
        });
    });
}

bool read_container(bytes message, container_facts& to) {
    to.type = container_type::container;
    to.state = run_state::created;  // proto3 leaves zero out
    return each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: to.id = each.text(); break;
        case 2: to.sandbox_id = each.text(); break;
        case 3: take_metadata(each, to); break;
        case 4: take_image_spec(each, to); break;
        case 5: take_image_reference(each.text(), to); break;
        case 6: to.state = state_of(each.value); break;
        case 7: to.created = static_cast<std::int64_t>(each.value); break;
        case 8: take_label(each, to); break;
        default: break;
        }
    });
}

void begin_sandbox(container_facts& to) {
    to.type = container_type::sandbox;
    to.state = run_state::running;  // READY is zero
}

bool read_sandbox(bytes message, container_facts& to) {
    begin_sandbox(to);
    return each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: to.id = each.text(); break;
        case 2: take_pod(each, to); break;
        case 3: to.state = each.value == 0 ? run_state::running : run_state::exited; break;
        case 4: to.created = static_cast<std::int64_t>(each.value); break;
        case 5: take_label(each, to); break;
        default: break;
        }
    });
}

void take_container_status(const field& each, container_facts& to) {
    switch (each.number) {
    case 1: to.id = each.text(); break;
    case 2: take_metadata(each, to); break;
    case 3: to.state = state_of(each.value); break;
    case 4: to.created = static_cast<std::int64_t>(each.value); break;
    case 5: to.started = static_cast<std::int64_t>(each.value); break;
    case 6: to.finished = static_cast<std::int64_t>(each.value); break;
    case 7: to.exit_code = static_cast<std::int32_t>(each.value); break;
    case 8: take_image_spec(each, to); break;
    case 9: take_image_reference(each.text(), to); break;
    case 12: take_label(each, to); break;
    default: break;
    }
}

void take_sandbox_status(const field& each, container_facts& to) {
    switch (each.number) {
    case 1: to.id = each.text(); break;
    case 2: take_pod(each, to); break;
    case 3: to.state = each.value == 0 ? run_state::running : run_state::exited; break;
    case 4: to.created = static_cast<std::int64_t>(each.value); break;
    case 5: take_network(each, to); break;
    case 6: take_namespaces(each, to); break;
    case 7: take_label(each, to); break;
    default: break;
    }
}

// Both answers: the status is 1, the map of the runtime's own words is 2, of which "info" has what matters.
template <class Take>
bool read_status(bytes message, std::string& info, Take&& take) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 1 && is_bytes(each)) {
            is_whole = each_field(each.bytes, take);
        } else if (each.number == 2 && is_bytes(each)) {
            auto [key, value] = entry_of(each);
            if (key == "info") {
                info = std::move(value);
            }
        }
    });
    return is_message && is_whole;
}

template <class Read>
bool read_list(bytes message, std::vector<container_facts>& to, Read&& read) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 1 && is_bytes(each)) {
            container_facts facts;
            is_whole = read(each.bytes, facts) && is_whole;
            to.push_back(std::move(facts));
        }
    });
    return is_message && is_whole;
}

}  // namespace

bool read_version(bytes message, version& to) {
    return each_field(message, [&](const field& each) {
        if (is_bytes(each) && each.number == 2) {
            to.runtime = each.text();
        } else if (is_bytes(each) && each.number == 3) {
            to.release = each.text();
        }
    });
}

bool read_containers(bytes message, std::vector<container_facts>& to) { return read_list(message, to, read_container); }

bool read_sandboxes(bytes message, std::vector<container_facts>& to) { return read_list(message, to, read_sandbox); }

bool read_container_status(bytes message, container_facts& to, std::string& info) {
    to.type = container_type::container;
    to.state = run_state::created;
    if (!read_status(message, info, [&](const field& each) { take_container_status(each, to); })) {
        return false;
    }
    if (to.state != run_state::exited) {
        to.exit_code.reset();
        to.finished = 0;
    } else if (!to.exit_code) {
        to.exit_code = 0;  // proto3 leaves zero out
    }
    return true;
}

bool read_sandbox_status(bytes message, container_facts& to, std::string& info) {
    begin_sandbox(to);
    return read_status(message, info, [&](const field& each) { take_sandbox_status(each, to); });
}

bool read_event(bytes message, event& to) {
    return each_field(message, [&](const field& each) {
        if (each.number == 1 && is_bytes(each)) {
            to.container_id = each.text();
        } else if (each.number == 2 && each.value <= 3) {
            to.what = static_cast<event::kind>(each.value);
        } else if (each.number == 4 && is_bytes(each)) {
            each_field(each.bytes, [&](const field& part) {
                if (part.number == 1 && is_bytes(part)) {
                    to.sandbox_id = part.text();
                }
            });
        }
    });
}

std::string status_request(std::string_view id) {
    std::string message(id.size() + 16, '\0');
    wire::writer out({reinterpret_cast<std::uint8_t*>(message.data()), message.size()});
    out.text(1, id);
    out.uint(2, 1);
    message.resize(out.size());
    return message;
}

}  // namespace sonde::container::cri
