// SPDX-License-Identifier: Apache-2.0
#include "container/containerd_messages.hpp"

#include <array>
#include <utility>

#include <sonde/wire.hpp>

#include "container/annotations.hpp"

namespace sonde::container::containerd {
namespace {

using wire::field;

template <class Take>
bool each_field(bytes message, Take&& take) {
    wire::reader reader(message);
    while (const auto next = reader.next()) {
        take(*next);
    }
    return !reader.failed();
}

bool is_bytes(const field& of) noexcept { return of.type == SONDE_WIRE_BYTES; }

// google.protobuf.Timestamp.
std::int64_t time_of(const field& of) {
    std::int64_t time = 0;
    each_field(of.bytes, [&](const field& part) {
        const auto value = static_cast<std::int64_t>(part.value);
        constexpr std::int64_t second = 1'000'000'000;
        constexpr std::int64_t most = INT64_MAX / second - 1;
        if (part.number == 1 && value > 0 && value < most) {
            time += value * second;
        } else if (part.number == 2 && value > 0 && value < second) {
            time += value;
        }
    });
    return time;
}

// google.protobuf.Any; its value points into the field.
bytes any_value(const field& of) {
    bytes value;
    each_field(of.bytes, [&](const field& part) {
        if (part.number == 2 && is_bytes(part)) {
            value = part.bytes;
        }
    });
    return value;
}

// Container: id 1, labels 2, image 3, spec 5, created_at 8.
void take_container(const field& each, listed_container& to) {
    switch (each.number) {
    case 1: to.facts.id = each.text(); break;
    case 2: {
        std::pair<std::string, std::string> entry;
        each_field(each.bytes, [&](const field& part) {
            if (is_bytes(part) && part.number <= 2) {
                (part.number == 1 ? entry.first : entry.second) = part.text();
            }
        });
        take_annotation(to.facts, entry.first, entry.second);
        to.facts.labels.push_back(std::move(entry));
        break;
    }
    case 3: take_image(to.facts, each.text()); break;
    case 5: {
        const bytes value = any_value(each);
        to.spec.assign(value.begin(), value.end());
        break;
    }
    case 8: to.facts.created = time_of(each); break;
    default: break;
    }
}

// task.Status: UNKNOWN, CREATED, RUNNING, STOPPED, PAUSED, PAUSING.
run_state state_of(std::uint64_t number) noexcept {
    constexpr std::array states{run_state::unknown, run_state::created, run_state::running,
                                run_state::exited,  run_state::paused,  run_state::paused};
    return number < states.size() ? states[static_cast<std::size_t>(number)] : run_state::unknown;
}

// task.Process: container_id 1, id 2, pid 3, status 4, exit_status 9, exited_at 10.
void take_process(const field& each, container_facts& to) {
    switch (each.number) {
    case 1:
    case 2: to.id = to.id.empty() ? each.text() : to.id; break;
    case 3: to.init_pid = static_cast<std::uint32_t>(each.value); break;
    case 4: to.state = state_of(each.value); break;
    case 9: to.exit_code = static_cast<std::int32_t>(each.value); break;
    case 10: to.finished = time_of(each); break;
    default: break;
    }
}

event::kind kind_of(std::string_view topic) noexcept {
    using enum event::kind;
    constexpr std::array<std::pair<std::string_view, event::kind>, 8> topics{{{"/containers/create", created},
                                                                              {"/containers/update", changed},
                                                                              {"/containers/delete", deleted},
                                                                              {"/tasks/create", changed},
                                                                              {"/tasks/start", started},
                                                                              {"/tasks/exit", exited},
                                                                              {"/tasks/paused", changed},
                                                                              {"/tasks/resumed", changed}}};
    for (const auto& [name, kind] : topics) {
        if (topic == name) {
            return kind;
        }
    }
    return other;
}

// TaskExit: container_id 1, id 2, pid 3, exit_status 4, exited_at 5. The others begin with the container's id, and
// TaskStart goes on with the pid.
bool take_event(bytes message, event& to) {
    std::string process_id;
    const bool is_message = each_field(message, [&](const field& each) {
        const bool is_exit = to.what == event::kind::exited;
        if (each.number == 1 && is_bytes(each)) {
            to.container_id = each.text();
        } else if (each.number == 2 && is_exit && is_bytes(each)) {
            process_id = each.text();
        } else if ((each.number == 2 && to.what == event::kind::started) || (each.number == 3 && is_exit)) {
            to.pid = static_cast<std::uint32_t>(each.value);
        } else if (each.number == 4 && is_exit) {
            to.exit_code = static_cast<std::int32_t>(each.value);
        } else if (each.number == 5 && is_exit && is_bytes(each)) {
            to.time = time_of(each);
        }
    });
    if (to.what == event::kind::exited && process_id != to.container_id) {
        to.what = event::kind::other;  // a process that was started in the container later
    }
    return is_message;
}

}  // namespace

bool read_namespaces(bytes message, std::vector<std::string>& to) {
    return each_field(message, [&](const field& each) {
        if (each.number == 1 && is_bytes(each)) {
            each_field(each.bytes, [&](const field& part) {
                if (part.number == 1 && is_bytes(part)) {
                    to.emplace_back(part.text());
                }
            });
        }
    });
}

bool read_containers(bytes message, std::vector<listed_container>& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 1 && is_bytes(each)) {
            listed_container& next = to.emplace_back();
            is_whole = each_field(each.bytes, [&](const field& part) { take_container(part, next); }) && is_whole;
        }
    });
    return is_message && is_whole;
}

bool read_tasks(bytes message, std::vector<container_facts>& to) {
    bool is_whole = true;
    const bool is_message = each_field(message, [&](const field& each) {
        if (each.number == 1 && is_bytes(each)) {
            container_facts& next = to.emplace_back();
            is_whole = each_field(each.bytes, [&](const field& part) { take_process(part, next); }) && is_whole;
            if (next.state != run_state::exited) {
                next.finished = 0;
                next.exit_code.reset();
            } else if (!next.exit_code) {
                next.exit_code = 0;  // proto3 leaves zero out
            }
        }
    });
    return is_message && is_whole;
}

bool read_event(bytes message, event& to) {
    std::int64_t told = 0;
    std::string_view topic;
    bytes inner;
    const bool is_message = each_field(message, [&](const field& each) {
        switch (each.number) {
        case 1: told = time_of(each); break;
        case 2: to.runtime_namespace = each.text(); break;
        case 3: topic = each.text(); break;
        case 4: inner = any_value(each); break;
        default: break;
        }
    });
    to.what = kind_of(topic);
    const bool is_whole = to.what == event::kind::other || take_event(inner, to);
    to.time = to.time == 0 ? told : to.time;
    return is_message && is_whole;
}

std::string id_request(std::string_view id) {
    std::string message(id.size() + 12, '\0');
    wire::writer out({reinterpret_cast<std::uint8_t*>(message.data()), message.size()});
    out.text(1, id);
    message.resize(out.size());
    return message;
}

}  // namespace sonde::container::containerd
