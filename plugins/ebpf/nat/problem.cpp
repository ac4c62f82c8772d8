// SPDX-License-Identifier: Apache-2.0
#include "ebpf/nat/problem.hpp"

#include <cerrno>
#include <cstring>

namespace sonde::ebpf::nat {

problem explain(int error) {
    switch (error) {
    case EPERM:
    case EACCES:
        return {"conntrack_denied",
                "the kernel refuses to tell of address translation; grant CAP_NET_ADMIN, and CAP_SYS_ADMIN for the "
                "network namespaces of containers"};
    case EPROTONOSUPPORT:
    case EOPNOTSUPP:
    case EINVAL:  // what nfnetlink answers for a subsystem that is not loaded
        return {"conntrack_missing",
                "this kernel has no connection tracking over netlink; load nf_conntrack_netlink, or leave it: without "
                "it nothing is translated here either"};
    case ENOENT:
    case EBADF: return {"namespace_gone", "the network namespace ended before its connections could be asked for"};
    default:
        return {"conntrack_failed", "the conntrack socket failed: " + std::string(::strerrordesc_np(error)), false};
    }
}

}  // namespace sonde::ebpf::nat
