// SPDX-License-Identifier: Apache-2.0
#include "bpf/support/loaded_object.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

namespace sonde::bpf {
namespace {

// BPF_F_PREORDER of include/uapi/linux/bpf.h, since Linux 6.15: such programs run before all others.
constexpr std::uint32_t preorder = 1u << 6;

std::unexpected<error> failed(std::string doing) {
    return fail(errc::failed, std::move(doing.append(": ").append(::strerrordesc_np(errno))));
}

// Where libbpf looks for tracepoints that are attached by their name.
bool has_tracefs() {
    return ::access("/sys/kernel/tracing/events", F_OK) == 0 || ::access("/sys/kernel/debug/tracing/events", F_OK) == 0;
}

}  // namespace

result<std::unique_ptr<loaded_object>> loaded_object::open(const load_options& options, const ladder& rungs,
                                                           const std::vector<std::string>& left_out) {
    bpf_object_open_opts how{};
    how.sz = sizeof how;
    how.object_name = "sonde";
    how.btf_custom_path = options.btf_path.empty() ? nullptr : options.btf_path.c_str();
    bpf_object* const object = ::bpf_object__open_mem(options.object.data(), options.object.size(), &how);
    if (object == nullptr) {
        return failed("opening the embedded kernel programs");
    }
    std::unique_ptr<loaded_object> opened(new loaded_object(object));
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object) {
        ::bpf_program__set_autoload(program, rungs.is_chosen(::bpf_program__name(program)));
    }
    for (const std::string& name : left_out) {
        if (bpf_map* const map = ::bpf_object__find_map_by_name(object, name.c_str()); map != nullptr) {
            ::bpf_map__set_autocreate(map, false);
        }
    }
    if (auto sized = opened->size_maps(options); !sized) {
        return std::unexpected(sized.error());
    }
    if (auto set = opened->set_constants(options); !set) {
        return std::unexpected(set.error());
    }
    return opened;
}

bool loaded_object::load() { return ::bpf_object__load(object_.get()) == 0; }

result<void> loaded_object::size_maps(const load_options& options) {
    for (const map_size& wanted : options.map_sizes) {
        bpf_map* const map = ::bpf_object__find_map_by_name(object_.get(), wanted.map.c_str());
        if (map == nullptr || ::bpf_map__set_max_entries(map, wanted.entries) != 0) {
            return fail(errc::invalid, "the kernel programs have no map of that name and kind", wanted.map);
        }
    }
    return {};
}

// By the object's BTF, so that no generated struct has to be known here.
result<void> loaded_object::set_constants(const load_options& options) {
    if (options.constants.empty()) {
        return {};
    }
    bpf_map* const section = ::bpf_object__find_map_by_name(object_.get(), ".rodata");
    const btf* const types = ::bpf_object__btf(object_.get());
    std::size_t size = 0;
    const auto* const initial =
        section == nullptr ? nullptr : static_cast<const std::byte*>(::bpf_map__initial_value(section, &size));
    const int id = types == nullptr ? -1 : ::btf__find_by_name_kind(types, ".rodata", BTF_KIND_DATASEC);
    if (initial == nullptr || id < 0) {
        return fail(errc::invalid, "the kernel programs have no constants", ".rodata");
    }
    std::vector<std::byte> data(initial, initial + size);
    const btf_type* const variables = ::btf__type_by_id(types, static_cast<std::uint32_t>(id));
    const std::span places(btf_var_secinfos(variables), btf_vlen(variables));
    for (const constant& one : options.constants) {
        const auto found = std::find_if(places.begin(), places.end(), [&](const btf_var_secinfo& place) {
            return one.name == ::btf__name_by_offset(types, ::btf__type_by_id(types, place.type)->name_off);
        });
        if (found == places.end() || found->size != one.value.size() || found->offset + found->size > size) {
            return fail(errc::invalid, "the kernel programs have no constant of that name and size", one.name);
        }
        std::copy(one.value.begin(), one.value.end(), data.begin() + found->offset);
    }
    return ::bpf_map__set_initial_value(section, data.data(), size) == 0 ? result<void>{}
                                                                         : failed("setting the programs' constants");
}

result<void> loaded_object::attach(const hook& to, const rung& by, const load_options& options) {
    bpf_program* const program = ::bpf_object__find_program_by_name(object_.get(), by.program);
    switch (to.where) {
    case attach_to::section:
        if (std::string_view(by.kind) == "tracepoint" && !has_tracefs()) {
            return fail(errc::unsupported,
                        "no tracefs is mounted; mount one: mount -t tracefs tracefs /sys/kernel/tracing");
        }
        return keep(::bpf_program__attach(program), to);
    case attach_to::iterator: return keep(::bpf_program__attach_iter(program, nullptr), to);
    case attach_to::cgroup:
    case attach_to::cgroup_first: return attach_to_cgroup(to, program, options.cgroup_root);
    case attach_to::interfaces: return attach_to_interfaces(to, program, options.interfaces);
    case attach_to::map_iterator: return attach_to_map(to, by, program);
    }
    return fail(errc::internal, "unknown way to attach", to.name);
}

result<void> loaded_object::keep(bpf_link* made, const hook& of) {
    if (made == nullptr) {
        return failed("attaching");
    }
    links_.emplace(of.name, link(made));
    return {};
}

result<void> loaded_object::attach_to_cgroup(const hook& to, bpf_program* program, const std::string& root) {
    if (root.empty()) {
        return fail(errc::unsupported, "no cgroup v2 file system is mounted; mount one, also beside cgroup v1: "
                                       "mount -t cgroup2 none /sys/fs/cgroup/unified");
    }
    const descriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder) {
        return failed("opening the cgroup root " + root);
    }
    if (to.where == attach_to::cgroup_first && attach_first(program, folder.number())) {
        return {};
    }
    return keep(::bpf_program__attach_cgroup(program, folder.number()), to);
}

bool loaded_object::attach_first(bpf_program* program, int folder) {
    bpf_link_create_opts how{};
    how.sz = sizeof how;
    how.flags = preorder;
    descriptor made(
        ::bpf_link_create(::bpf_program__fd(program), folder, ::bpf_program__expected_attach_type(program), &how));
    if (!made) {
        return false;
    }
    first_links_.push_back(std::move(made));
    return true;
}

result<void> loaded_object::attach_to_interfaces(const hook& to, bpf_program* program,
                                                 const std::vector<std::string>& names) {
    for (const std::string& name : names) {
        const unsigned index = ::if_nametoindex(name.c_str());
        if (index == 0) {
            return failed("looking up the network interface " + name);
        }
        if (auto kept = keep(::bpf_program__attach_xdp(program, static_cast<int>(index)), to); !kept) {
            return fail(kept.error(), "interface " + name);
        }
    }
    return {};
}

result<void> loaded_object::attach_to_map(const hook& to, const rung& by, bpf_program* program) {
    bpf_iter_link_info where{};
    const int fd = by.map == nullptr ? -1 : map_fd(by.map);
    where.map.map_fd = static_cast<std::uint32_t>(fd);
    bpf_iter_attach_opts how{};
    how.sz = sizeof how;
    how.link_info = &where;
    how.link_info_len = sizeof where;
    return fd < 0 ? fail(errc::invalid, "there is no such map", by.map == nullptr ? to.name : by.map)
                  : keep(::bpf_program__attach_iter(program, &how), to);
}

int loaded_object::map_fd(std::string_view name) const noexcept {
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object_.get()) {
        if (name == ::bpf_map__name(map)) {
            return ::bpf_map__fd(map);
        }
    }
    return -1;
}

result<descriptor> loaded_object::open_iterator(std::string_view hook) const {
    const auto found = links_.find(hook);
    if (found == links_.end()) {
        return fail(errc::unsupported, "the iterator is not attached", std::string(hook));
    }
    descriptor opened(::bpf_iter_create(::bpf_link__fd(found->second.get())));
    return opened ? result<descriptor>(std::move(opened)) : failed("opening the iterator " + std::string(hook));
}

std::vector<program_usage> loaded_object::usage() const {
    std::vector<program_usage> all;
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, object_.get()) {
        bpf_prog_info info{};
        std::uint32_t size = sizeof info;
        const int fd = ::bpf_program__fd(program);
        if (fd < 0 || ::bpf_obj_get_info_by_fd(fd, &info, &size) != 0) {
            continue;  // not one of the chosen
        }
        all.push_back({::bpf_program__name(program), ::libbpf_bpf_prog_type_str(::bpf_program__type(program)),
                       info.run_cnt, info.run_time_ns, info.recursion_misses});
    }
    return all;
}

std::vector<map_usage> loaded_object::maps() const {
    std::vector<map_usage> all;
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object_.get()) {
        if (::bpf_map__is_internal(map)) {
            continue;
        }
        if (auto usage = usage_of_map(::bpf_map__name(map), ::bpf_map__fd(map)); usage) {
            all.push_back(std::move(*usage));
        }
    }
    return all;
}

}  // namespace sonde::bpf
