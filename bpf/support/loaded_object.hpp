// SPDX-License-Identifier: Apache-2.0
// One BPF object of libbpf with its links: the inside of a session. Included by the session only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <bpf/libbpf.h>

#include <sonde/result.hpp>

#include "bpf/support/session.hpp"

namespace sonde::bpf {

class loaded_object final {
public:
    // Opens the object with just the chosen programs to be loaded, and without the maps in `left_out`. Fails only for a
    // broken object or wrong options.
    [[nodiscard]] static result<std::unique_ptr<loaded_object>> open(const load_options& options, const ladder& rungs,
                                                                     const std::vector<std::string>& left_out);
    // False if the kernel or libbpf refused; libbpf's log says what.
    [[nodiscard]] bool load();
    [[nodiscard]] result<void> attach(const hook& to, const rung& by, const load_options& options);

    [[nodiscard]] int map_fd(std::string_view name) const noexcept;
    [[nodiscard]] result<descriptor> open_iterator(std::string_view hook) const;
    [[nodiscard]] std::vector<program_usage> usage() const;
    [[nodiscard]] std::vector<map_usage> maps() const;

private:
    struct object_closer {
        void operator()(bpf_object* object) const noexcept { ::bpf_object__close(object); }
    };
    struct link_destroyer {
        void operator()(bpf_link* link) const noexcept { ::bpf_link__destroy(link); }
    };
    using link = std::unique_ptr<bpf_link, link_destroyer>;

    explicit loaded_object(bpf_object* object) : object_(object) {}
    [[nodiscard]] result<void> size_maps(const load_options& options);
    [[nodiscard]] result<void> set_constants(const load_options& options);
    [[nodiscard]] result<void> keep(bpf_link* made, const hook& of);
    [[nodiscard]] result<void> attach_to_cgroup(const hook& to, bpf_program* program, const std::string& root);
    // False if this kernel knows no such order.
    [[nodiscard]] bool attach_first(bpf_program* program, int folder);
    [[nodiscard]] result<void> attach_to_interfaces(const hook& to, bpf_program* program,
                                                    const std::vector<std::string>& names);
    [[nodiscard]] result<void> attach_to_map(const hook& to, const rung& by, bpf_program* program);

    std::unique_ptr<bpf_object, object_closer> object_;
    std::multimap<std::string, link, std::less<>> links_;  // by hook; gone before the object
    std::vector<descriptor> first_links_;                  // those that libbpf cannot make
};

}  // namespace sonde::bpf
