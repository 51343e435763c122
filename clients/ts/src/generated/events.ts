// Written by generate.mjs. Not to be edited.

import { type ReadonlyUint8Array } from '@solana/kit';
import * as types from './types/index.js';

/** What the program tells, by name. */
export type Event =
    | { name: 'AccountClosed'; data: types.AccountClosed }
    | { name: 'AccountOpened'; data: types.AccountOpened }
    | { name: 'AssetListed'; data: types.AssetListed }
    | { name: 'BadDebtSettled'; data: types.BadDebtSettled }
    | { name: 'BankListed'; data: types.BankListed }
    | { name: 'BufferClosed'; data: types.BufferClosed }
    | { name: 'CallCleared'; data: types.CallCleared }
    | { name: 'ChangeAnnounced'; data: types.ChangeAnnounced }
    | { name: 'ChangeApplied'; data: types.ChangeApplied }
    | { name: 'ChangeCancelled'; data: types.ChangeCancelled }
    | { name: 'CodeAuthorityAccepted'; data: types.CodeAuthorityAccepted }
    | { name: 'CodeAuthorityProposed'; data: types.CodeAuthorityProposed }
    | { name: 'CodeHandedOver'; data: types.CodeHandedOver }
    | { name: 'DelegateSet'; data: types.DelegateSet }
    | { name: 'Deleveraged'; data: types.Deleveraged }
    | { name: 'Deposited'; data: types.Deposited }
    | { name: 'ExchangeCreated'; data: types.ExchangeCreated }
    | { name: 'FeesCollected'; data: types.FeesCollected }
    | { name: 'InsuranceFunded'; data: types.InsuranceFunded }
    | { name: 'Launched'; data: types.Launched }
    | { name: 'LendingSet'; data: types.LendingSet }
    | { name: 'Liquidated'; data: types.Liquidated }
    | { name: 'LiquidationOpened'; data: types.LiquidationOpened }
    | { name: 'MarginCalled'; data: types.MarginCalled }
    | { name: 'MarketListed'; data: types.MarketListed }
    | { name: 'ModelChanged'; data: types.ModelChanged }
    | { name: 'ModelRefused'; data: types.ModelRefused }
    | { name: 'OrderCancelled'; data: types.OrderCancelled }
    | { name: 'OrderExecuted'; data: types.OrderExecuted }
    | { name: 'OrderLapsed'; data: types.OrderLapsed }
    | { name: 'OrderPlaced'; data: types.OrderPlaced }
    | { name: 'OrderRefused'; data: types.OrderRefused }
    | { name: 'PoolExecuted'; data: types.PoolExecuted }
    | { name: 'PoolPriced'; data: types.PoolPriced }
    | { name: 'PoolRefused'; data: types.PoolRefused }
    | { name: 'PoolRequested'; data: types.PoolRequested }
    | { name: 'PriceAccepted'; data: types.PriceAccepted }
    | { name: 'PriceRefused'; data: types.PriceRefused }
    | { name: 'RiskSampled'; data: types.RiskSampled }
    | { name: 'ScenarioListed'; data: types.ScenarioListed }
    | { name: 'Settled'; data: types.Settled }
    | { name: 'ShortfallRecorded'; data: types.ShortfallRecorded }
    | { name: 'SwapBegun'; data: types.SwapBegun }
    | { name: 'SwapEnded'; data: types.SwapEnded }
    | { name: 'Synced'; data: types.Synced }
    | { name: 'Tightened'; data: types.Tightened }
    | { name: 'Transferred'; data: types.Transferred }
    | { name: 'UpgradeAnnounced'; data: types.UpgradeAnnounced }
    | { name: 'UpgradeApplied'; data: types.UpgradeApplied }
    | { name: 'UpgradeCancelled'; data: types.UpgradeCancelled }
    | { name: 'Withdrawn'; data: types.Withdrawn };

type Known = {
    name: Event['name'];
    discriminator: readonly number[];
    decode: (bytes: ReadonlyUint8Array) => object;
};

/** How each event begins and is read. */
export const EVENTS: readonly Known[] = [
    {
        name: 'AccountClosed',
        discriminator: [19, 250, 79, 236, 91, 80, 148, 48],
        decode: (bytes) => types.getAccountClosedDecoder().decode(bytes),
    },
    {
        name: 'AccountOpened',
        discriminator: [250, 89, 39, 67, 35, 119, 126, 63],
        decode: (bytes) => types.getAccountOpenedDecoder().decode(bytes),
    },
    {
        name: 'AssetListed',
        discriminator: [39, 64, 97, 162, 189, 150, 150, 2],
        decode: (bytes) => types.getAssetListedDecoder().decode(bytes),
    },
    {
        name: 'BadDebtSettled',
        discriminator: [127, 252, 205, 117, 115, 129, 202, 6],
        decode: (bytes) => types.getBadDebtSettledDecoder().decode(bytes),
    },
    {
        name: 'BankListed',
        discriminator: [82, 130, 114, 184, 232, 152, 104, 100],
        decode: (bytes) => types.getBankListedDecoder().decode(bytes),
    },
    {
        name: 'BufferClosed',
        discriminator: [199, 220, 232, 142, 169, 28, 45, 247],
        decode: (bytes) => types.getBufferClosedDecoder().decode(bytes),
    },
    {
        name: 'CallCleared',
        discriminator: [101, 163, 13, 103, 151, 111, 86, 178],
        decode: (bytes) => types.getCallClearedDecoder().decode(bytes),
    },
    {
        name: 'ChangeAnnounced',
        discriminator: [234, 240, 149, 27, 240, 195, 48, 45],
        decode: (bytes) => types.getChangeAnnouncedDecoder().decode(bytes),
    },
    {
        name: 'ChangeApplied',
        discriminator: [226, 1, 224, 100, 192, 110, 58, 24],
        decode: (bytes) => types.getChangeAppliedDecoder().decode(bytes),
    },
    {
        name: 'ChangeCancelled',
        discriminator: [139, 179, 97, 81, 214, 21, 119, 93],
        decode: (bytes) => types.getChangeCancelledDecoder().decode(bytes),
    },
    {
        name: 'CodeAuthorityAccepted',
        discriminator: [64, 240, 226, 229, 47, 15, 143, 154],
        decode: (bytes) => types.getCodeAuthorityAcceptedDecoder().decode(bytes),
    },
    {
        name: 'CodeAuthorityProposed',
        discriminator: [116, 101, 192, 59, 251, 32, 66, 158],
        decode: (bytes) => types.getCodeAuthorityProposedDecoder().decode(bytes),
    },
    {
        name: 'CodeHandedOver',
        discriminator: [213, 204, 230, 33, 88, 40, 153, 255],
        decode: (bytes) => types.getCodeHandedOverDecoder().decode(bytes),
    },
    {
        name: 'DelegateSet',
        discriminator: [103, 126, 239, 131, 201, 31, 212, 253],
        decode: (bytes) => types.getDelegateSetDecoder().decode(bytes),
    },
    {
        name: 'Deleveraged',
        discriminator: [34, 71, 31, 45, 212, 184, 131, 185],
        decode: (bytes) => types.getDeleveragedDecoder().decode(bytes),
    },
    {
        name: 'Deposited',
        discriminator: [111, 141, 26, 45, 161, 35, 100, 57],
        decode: (bytes) => types.getDepositedDecoder().decode(bytes),
    },
    {
        name: 'ExchangeCreated',
        discriminator: [0, 50, 0, 190, 87, 189, 99, 3],
        decode: (bytes) => types.getExchangeCreatedDecoder().decode(bytes),
    },
    {
        name: 'FeesCollected',
        discriminator: [233, 23, 117, 225, 107, 178, 254, 8],
        decode: (bytes) => types.getFeesCollectedDecoder().decode(bytes),
    },
    {
        name: 'InsuranceFunded',
        discriminator: [158, 72, 23, 80, 138, 56, 33, 206],
        decode: (bytes) => types.getInsuranceFundedDecoder().decode(bytes),
    },
    {
        name: 'Launched',
        discriminator: [209, 127, 29, 152, 129, 212, 189, 183],
        decode: (bytes) => types.getLaunchedDecoder().decode(bytes),
    },
    {
        name: 'LendingSet',
        discriminator: [231, 105, 253, 134, 89, 77, 114, 123],
        decode: (bytes) => types.getLendingSetDecoder().decode(bytes),
    },
    {
        name: 'Liquidated',
        discriminator: [231, 57, 55, 75, 0, 170, 246, 68],
        decode: (bytes) => types.getLiquidatedDecoder().decode(bytes),
    },
    {
        name: 'LiquidationOpened',
        discriminator: [191, 128, 53, 77, 207, 205, 74, 165],
        decode: (bytes) => types.getLiquidationOpenedDecoder().decode(bytes),
    },
    {
        name: 'MarginCalled',
        discriminator: [11, 36, 230, 128, 84, 84, 219, 94],
        decode: (bytes) => types.getMarginCalledDecoder().decode(bytes),
    },
    {
        name: 'MarketListed',
        discriminator: [29, 11, 143, 239, 139, 12, 79, 19],
        decode: (bytes) => types.getMarketListedDecoder().decode(bytes),
    },
    {
        name: 'ModelChanged',
        discriminator: [181, 71, 15, 177, 8, 249, 8, 87],
        decode: (bytes) => types.getModelChangedDecoder().decode(bytes),
    },
    {
        name: 'ModelRefused',
        discriminator: [102, 192, 178, 65, 128, 81, 33, 201],
        decode: (bytes) => types.getModelRefusedDecoder().decode(bytes),
    },
    {
        name: 'OrderCancelled',
        discriminator: [108, 56, 128, 68, 168, 113, 168, 239],
        decode: (bytes) => types.getOrderCancelledDecoder().decode(bytes),
    },
    {
        name: 'OrderExecuted',
        discriminator: [74, 135, 231, 5, 168, 106, 194, 117],
        decode: (bytes) => types.getOrderExecutedDecoder().decode(bytes),
    },
    {
        name: 'OrderLapsed',
        discriminator: [197, 108, 192, 95, 200, 150, 84, 108],
        decode: (bytes) => types.getOrderLapsedDecoder().decode(bytes),
    },
    {
        name: 'OrderPlaced',
        discriminator: [96, 130, 204, 234, 169, 219, 216, 227],
        decode: (bytes) => types.getOrderPlacedDecoder().decode(bytes),
    },
    {
        name: 'OrderRefused',
        discriminator: [209, 138, 35, 47, 180, 228, 129, 131],
        decode: (bytes) => types.getOrderRefusedDecoder().decode(bytes),
    },
    {
        name: 'PoolExecuted',
        discriminator: [117, 168, 102, 4, 109, 151, 0, 197],
        decode: (bytes) => types.getPoolExecutedDecoder().decode(bytes),
    },
    {
        name: 'PoolPriced',
        discriminator: [148, 105, 73, 219, 107, 249, 42, 155],
        decode: (bytes) => types.getPoolPricedDecoder().decode(bytes),
    },
    {
        name: 'PoolRefused',
        discriminator: [20, 55, 134, 39, 32, 193, 28, 8],
        decode: (bytes) => types.getPoolRefusedDecoder().decode(bytes),
    },
    {
        name: 'PoolRequested',
        discriminator: [134, 110, 176, 106, 84, 134, 201, 194],
        decode: (bytes) => types.getPoolRequestedDecoder().decode(bytes),
    },
    {
        name: 'PriceAccepted',
        discriminator: [203, 254, 78, 125, 99, 42, 94, 171],
        decode: (bytes) => types.getPriceAcceptedDecoder().decode(bytes),
    },
    {
        name: 'PriceRefused',
        discriminator: [104, 227, 88, 246, 136, 55, 155, 216],
        decode: (bytes) => types.getPriceRefusedDecoder().decode(bytes),
    },
    {
        name: 'RiskSampled',
        discriminator: [102, 33, 213, 49, 134, 128, 13, 123],
        decode: (bytes) => types.getRiskSampledDecoder().decode(bytes),
    },
    {
        name: 'ScenarioListed',
        discriminator: [70, 87, 209, 207, 57, 58, 22, 30],
        decode: (bytes) => types.getScenarioListedDecoder().decode(bytes),
    },
    {
        name: 'Settled',
        discriminator: [232, 210, 40, 17, 142, 124, 145, 238],
        decode: (bytes) => types.getSettledDecoder().decode(bytes),
    },
    {
        name: 'ShortfallRecorded',
        discriminator: [249, 230, 31, 69, 159, 34, 8, 147],
        decode: (bytes) => types.getShortfallRecordedDecoder().decode(bytes),
    },
    {
        name: 'SwapBegun',
        discriminator: [240, 65, 64, 194, 129, 93, 104, 115],
        decode: (bytes) => types.getSwapBegunDecoder().decode(bytes),
    },
    {
        name: 'SwapEnded',
        discriminator: [220, 133, 220, 151, 83, 182, 220, 1],
        decode: (bytes) => types.getSwapEndedDecoder().decode(bytes),
    },
    {
        name: 'Synced',
        discriminator: [114, 244, 163, 97, 99, 80, 164, 70],
        decode: (bytes) => types.getSyncedDecoder().decode(bytes),
    },
    {
        name: 'Tightened',
        discriminator: [213, 247, 155, 195, 151, 246, 150, 146],
        decode: (bytes) => types.getTightenedDecoder().decode(bytes),
    },
    {
        name: 'Transferred',
        discriminator: [21, 132, 239, 64, 146, 239, 166, 68],
        decode: (bytes) => types.getTransferredDecoder().decode(bytes),
    },
    {
        name: 'UpgradeAnnounced',
        discriminator: [63, 206, 203, 37, 233, 172, 44, 248],
        decode: (bytes) => types.getUpgradeAnnouncedDecoder().decode(bytes),
    },
    {
        name: 'UpgradeApplied',
        discriminator: [65, 151, 37, 232, 116, 141, 97, 215],
        decode: (bytes) => types.getUpgradeAppliedDecoder().decode(bytes),
    },
    {
        name: 'UpgradeCancelled',
        discriminator: [89, 183, 130, 129, 170, 63, 1, 120],
        decode: (bytes) => types.getUpgradeCancelledDecoder().decode(bytes),
    },
    {
        name: 'Withdrawn',
        discriminator: [20, 89, 223, 198, 194, 124, 219, 13],
        decode: (bytes) => types.getWithdrawnDecoder().decode(bytes),
    },
];
