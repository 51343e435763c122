import { Box, Group, Progress, Stack, Text, Tooltip } from '@mantine/core';
import type { MarketView } from '@plimsoll/client';
import { percent, ppmOf, usdShort } from '../../lib/format';
import { useChain, useExchange } from '../../lib/session';
import { Panel } from '../../ui/Panel';

/** Parts of the widest bar, in percent. */
const part = (value: bigint, widest: bigint) => Number(ppmOf(value, widest) ?? 0n) / 10_000;

/** What traders hold in each market, and what the pool holds against it. */
export function Exposure({ markets }: { markets: MarketView[] }) {
    const { venue } = useExchange();
    const { symbol } = useChain();
    const widest = markets.reduce((most, { longValue, shortValue }) => {
        const larger = longValue > shortValue ? longValue : shortValue;
        return larger > most ? larger : most;
    }, 1n);
    return (
        <Panel title="Exposure by market">
            <Stack gap="lg">
                {markets.map((market) => (
                    <Market key={market.slot} market={market} widest={widest} name={symbol(venue.listings[market.slot]!)} />
                ))}
            </Stack>
            <Text size="xs" c="dimmed" mt="md">
                The pool holds the other side of what longs exceed shorts by. Headroom is what orders may still add to what it may lose.
            </Text>
        </Panel>
    );
}

function Market({ market, widest, name }: { market: MarketView; widest: bigint; name: string }) {
    const { longValue, shortValue, exposure, stress, headroom, headroomGranted } = market;
    const side = exposure < 0n ? 'short' : 'long';
    const size = exposure < 0n ? -exposure : exposure;
    return (
        <Box>
            <Group justify="space-between" mb={4}>
                <Text fw={600} size="sm">
                    {name}
                </Text>
                <Text size="sm" className="num" data-testid={`exposure-${name}`}>
                    {exposure === 0n ? 'balanced' : `pool ${side} ${usdShort(size)}`}
                </Text>
            </Group>
            <Bar label={`Longs of ${name}`} value={longValue} widest={widest} colour="gain" word="Long" />
            <Bar label={`Shorts of ${name}`} value={shortValue} widest={widest} colour="danger" word="Short" />
            <Group justify="space-between" mt={4}>
                <Text size="xs" c="dimmed" className="num">
                    May lose {usdShort(stress)}
                </Text>
                <Tooltip label={`${usdShort(headroom)} of ${usdShort(headroomGranted)} granted`}>
                    <Text size="xs" c="dimmed" className="num" tabIndex={0}>
                        Headroom {usdShort(headroom)}
                        {headroomGranted > 0n && `, ${percent(ppmOf(headroom, headroomGranted), { places: 0 })}`}
                    </Text>
                </Tooltip>
            </Group>
        </Box>
    );
}

function Bar({ label, value, widest, colour, word }: { label: string; value: bigint; widest: bigint; colour: string; word: string }) {
    return (
        <Group gap="xs" wrap="nowrap" mb={2}>
            <Text size="xs" c="dimmed" w={40}>
                {word}
            </Text>
            <Progress.Root size="md" style={{ flex: 1 }}>
                <Progress.Section value={part(value, widest)} color={colour} aria-label={label} />
            </Progress.Root>
            <Text size="xs" className="num" w={80} ta="right">
                {usdShort(value)}
            </Text>
        </Group>
    );
}
