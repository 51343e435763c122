import { Badge, Button, Group, SimpleGrid, Text } from '@mantine/core';
import { ORDER, type Listing } from '@plimsoll/client';
import type { Margin } from '../../lib/chain';
import { amount, distance, price, priceOf, usd } from '../../lib/format';
import { useView } from '../../lib/session';
import { Panel } from '../../ui/Panel';
import { Signed, Stat } from '../../ui/Stat';
import { EMPTY, type Ticket } from './terms';

type Props = { margin: Margin; listing: Listing; symbol: string; setTicket(ticket: Ticket): void };

/** What is held in the market, and tickets that protect or close it. */
export function OwnPosition({ margin, listing, symbol, setTicket }: Props) {
    const { view } = useView(margin);
    const held = view?.positions.find((it) => it.slot === listing.slot && it.atoms !== 0n);
    if (!view || !held) return null;
    const long = held.atoms > 0n;
    const bounds = view.prices.find((it) => it.slot === listing.slot);
    const line = long ? bounds?.below : bounds?.above;
    const { decimals } = listing.asset;
    const write = (kind: number) => setTicket({ ...EMPTY, kind, side: long ? 'short' : 'long', closes: true });
    return (
        <Panel
            title={`Your ${symbol} position`}
            aside={
                <Badge variant="light" color={long ? 'gain' : 'danger'} data-testid="own-side">
                    {long ? 'Long' : 'Short'}
                </Badge>
            }
        >
            <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 5 }}>
                <Stat name="Size">
                    <span data-testid="own-size">{amount(long ? held.atoms : -held.atoms, decimals)}</span>
                </Stat>
                <Stat name="Entry">
                    <span data-testid="own-entry">{price(priceOf(held.entry, held.atoms, decimals))}</span>
                </Stat>
                <Stat name="Liquidation">
                    <span data-testid="own-liquidation">{price(line)}</span>
                    {line && bounds && (
                        <Text span size="xs" c="dimmed">
                            {' '}
                            {distance(bounds.price, line)}
                        </Text>
                    )}
                </Stat>
                <Stat name="Profit">
                    <Signed value={held.unrealised}>{usd(held.unrealised, { sign: true })}</Signed>
                </Stat>
                <Stat name="Fees paid">
                    <span data-testid="own-fees">{usd(held.feesPaid)}</span>
                </Stat>
            </SimpleGrid>
            <Group mt="md" gap="xs">
                <Button size="xs" variant="default" onClick={() => write(ORDER.market)}>
                    Close
                </Button>
                <Button size="xs" variant="default" onClick={() => write(ORDER.stop)}>
                    Add a stop
                </Button>
                <Button size="xs" variant="default" onClick={() => write(ORDER.takeProfit)}>
                    Take profit
                </Button>
            </Group>
        </Panel>
    );
}
