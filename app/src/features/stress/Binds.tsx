import { SimpleGrid, Text } from '@mantine/core';
import type { ExplainedView, Explanation } from '@plimsoll/client';
import { timesOf, usd } from '../../lib/format';
import { Panel } from '../../ui/Panel';
import { Stat } from '../../ui/Stat';

/** What determines the requirement, and what the model saves. */
export function Binds({ explanation }: { explanation: Explanation }) {
    const { initial, maintenance, model, profile } = explanation;
    return (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <View name="Maintenance" id="maintenance" view={maintenance} model={model} />
            <View name="Initial" id="initial" view={initial} model={model}>
                {profile !== 1 && `Your history multiplies it by ${timesOf(profile)}.`}
            </View>
        </SimpleGrid>
    );
}

function View({ name, id, view, model, children }: {
    name: string;
    id: string;
    view: ExplainedView;
    model: Explanation['model'];
    children?: React.ReactNode;
}) {
    const { requirement, gross, binds } = view;
    const saved = gross > requirement ? gross - requirement : 0n;
    return (
        <Panel title={`What determines ${name.toLowerCase()}`}>
            <Text size="sm" mb="sm" data-testid={`binds-${id}`}>
                {requirement === 0n ? 'Nothing is required.' : `Determined by ${binds}.`} {children}
            </Text>
            <SimpleGrid component="dl" cols={3}>
                <Stat name="Required">
                    <span data-testid={`required-${id}`}>{usd(requirement)}</span>
                </Stat>
                <Stat name="Gross sum" help="What the legs need when nothing is offset: the Standard model.">
                    <span data-testid={`gross-${id}`}>{usd(gross)}</span>
                </Stat>
                <Stat name="Saved" help={model === 'Portfolio' ? 'What hedges, correlations and your history take off the gross sum.' : 'What your history takes off. Only the portfolio model offsets legs.'}>
                    <span className={saved > 0n ? 'good' : undefined} data-testid={`saved-${id}`}>
                        {usd(saved)}
                    </span>
                </Stat>
            </SimpleGrid>
        </Panel>
    );
}
