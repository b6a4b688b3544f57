// Is this address one of the public internet? Everything is refused that is not known to be (RFC 6890 and the registries
// of special-purpose addresses at IANA), so that a range invented tomorrow is closed today.
import { BlockList, isIPv4, isIPv6 } from 'node:net'

const specialV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Inside 2000::/3, the only block of global unicast: protocol assignments with Teredo, documentation, 6to4, AS112. */
const specialV6: readonly (readonly [string, number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
]

const blocked = new BlockList()
for (const [network, prefix] of specialV4) blocked.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of specialV6) blocked.addSubnet(network, prefix, 'ipv6')
const globalV6 = new BlockList()
globalV6.addSubnet('2000::', 3, 'ipv6')

/**
 * Addresses that hold a v4 address (mapped, compatible, NAT64, 6to4, Teredo) are outside 2000::/3 or in a blocked block: none passes.
 * @param address as a resolver writes it; anything else is not public
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !blocked.check(address, 'ipv4')
  // An address with a zone is one of this machine's links (RFC 4007 11).
  return isIPv6(address) && !address.includes('%') && globalV6.check(address, 'ipv6') && !blocked.check(address, 'ipv6')
}
